// What is done to the messages of one answer before the client sees them.
import type { AnswerFault } from '../exchange.ts';

/** Stands between the upstream's messages and the client; made for one request, never shared. */
export interface AnswerEditor {
  /**
   * An answer in JSON is gathered whole, however long it is, because any part of it may have to change. Otherwise one beyond
   * the gathering limit streams by unedited, and is cut unless its `resultType` is `complete`.
   */
  readonly needsWhole: boolean;
  /** What is no message, such as a comment that keeps the connection alive, does not begin the answer. */
  readonly holdsOpening?: boolean;
  /**
   * @param message one whole JSON-RPC message, strictly checked
   * @returns the message as it may pass, the same buffer when nothing changes; undefined leaves a notification out; or why the
   *   answer may not stand
   */
  edit(message: Buffer, kind: 'result' | 'error' | 'notification'): Buffer | undefined | AnswerFault;
}
