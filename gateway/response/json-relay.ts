// Passes on an answer that is one JSON object: held back until it is known to be whole, or watched while it streams.
import type { AnswerFault, OutgoingHeaders, Reply } from '../exchange.ts';
import { type MessageKind, toMessageKind } from '../mcp/json-rpc.ts';
import { JsonWatch } from '../mcp/json-watch.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { NO_ERROR, toErrorNote } from './error-note.ts';

/** Up to this size an answer is gathered and sent at once; a larger one streams, and is cut when it turns out broken. */
const GATHERED_BYTES = 256 * 1024;
/** One that must be gathered to be edited may be as large as an event. */
const EDITED_BYTES = 16 * 1024 * 1024;

interface Head {
  readonly status: number;
  readonly headers: OutgoingHeaders;
}

export class JsonRelay {
  isComplete = false;
  isFull = false;
  ending: 'answered' | 'answered_error' = 'answered';
  error = NO_ERROR;
  private readonly reply: Reply;
  private readonly id: string | number;
  private readonly head: Head;
  private readonly editor: AnswerEditor | undefined;
  private pieces: Buffer[] = [];
  private size = 0;
  private watch: JsonWatch | undefined;
  /** It is an error that an editor must see. */
  private isEditedError = false;

  constructor(reply: Reply, id: string | number, head: Head, editor: AnswerEditor | undefined) {
    this.reply = reply;
    this.id = id;
    this.head = head;
    this.editor = editor;
  }

  push(piece: Buffer): AnswerFault | undefined {
    if (this.watch !== undefined) return this.stream(piece);
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size <= GATHERED_BYTES) return undefined;
    // An error must be known for one before its status is passed on, so it is never streamed.
    if (this.head.status !== 200) return 'oversized';
    if (this.isEditedError || this.editor?.needsWhole === true)
      return this.size <= EDITED_BYTES ? undefined : 'oversized';
    this.watch = new JsonWatch(this.id, this.editor !== undefined);
    const gathered = Buffer.concat(this.pieces, this.size);
    this.pieces = [];
    if (!this.watch.push(gathered)) return 'malformed';
    if (this.editor !== undefined && this.watch.hasError) {
      this.isEditedError = true;
      this.watch = undefined;
      this.pieces = [gathered];
      return undefined;
    }
    return this.passOn(gathered);
  }

  finish(): AnswerFault | undefined {
    if (this.watch === undefined) return this.sendGathered();
    const kind = this.watch.end();
    if (!this.mayStand(kind)) return 'malformed';
    this.complete(kind);
    this.reply.end();
    return undefined;
  }

  private sendGathered(): AnswerFault | undefined {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces, this.size);
    const kind = toMessageKind(body, this.id);
    if (!this.mayStand(kind)) return 'malformed';
    const edited = this.editor === undefined ? body : this.editor.edit(body, kind);
    // What answers the request cannot be left out.
    if (edited === undefined) return 'malformed';
    if (typeof edited === 'string') return edited;
    this.error = toErrorNote(edited, kind);
    this.complete(kind);
    this.reply.send(this.head.status, this.head.headers, edited);
    return undefined;
  }

  private complete(kind: 'result' | 'error'): void {
    this.isComplete = true;
    this.ending = kind === 'error' ? 'answered_error' : 'answered';
  }

  private mayStand(kind: MessageKind): kind is 'result' | 'error' {
    return kind === 'error' || (kind === 'result' && this.head.status === 200);
  }

  private stream(piece: Buffer): AnswerFault | undefined {
    if (this.watch?.push(piece) !== true) return 'malformed';
    if (this.editor !== undefined && this.watch.hasError) return 'malformed';
    return this.passOn(piece);
  }

  private passOn(piece: Buffer): undefined {
    if (!this.reply.begun) this.reply.begin(this.head.status, this.head.headers);
    this.isFull = !this.reply.write(piece);
  }
}
