// Passes on an answer that is a stream of events, whole events only, up to and with the response that ends it.
import type { AnswerFault, OutgoingHeaders, Reply } from '../exchange.ts';
import { toListenCompletion, toMessageKind } from '../mcp/json-rpc.ts';
import { replaceData } from '../mcp/sse-data.ts';
import { type SseBlock, SseSplitter } from '../mcp/sse-splitter.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { NO_ERROR, toErrorNote } from './error-note.ts';

/** An event is held back until it is whole; one beyond this is taken for a fault of the server. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

export class StreamRelay {
  isComplete = false;
  isFull = false;
  ending: 'answered' | 'answered_error' = 'answered';
  error = NO_ERROR;
  private readonly reply: Reply;
  private readonly id: string | number;
  private readonly headers: OutgoingHeaders;
  private readonly editor: AnswerEditor | undefined;
  private readonly splitter = new SseSplitter(MAX_EVENT_BYTES);
  private fault: AnswerFault | undefined;
  private taken: Buffer[] = [];

  constructor(reply: Reply, id: string | number, headers: OutgoingHeaders, editor: AnswerEditor | undefined) {
    this.reply = reply;
    this.id = id;
    this.headers = headers;
    this.editor = editor;
  }

  push(piece: Buffer): AnswerFault | undefined {
    if (this.isComplete) return undefined;
    // A piece that completes no event writes nothing, and no drain would follow it.
    this.isFull = false;
    const fits = this.splitter.push(piece, (block) => this.take(block));
    this.passTaken();
    if (this.fault !== undefined) return this.fault;
    if (this.isComplete) this.reply.end();
    else if (!fits) return 'oversized';
    return undefined;
  }

  finish(): AnswerFault | undefined {
    return this.isComplete ? undefined : 'cut';
  }

  /** Ends a listening stream with its completion result. */
  conclude(idLiteral: string): void {
    if (this.isComplete || this.reply.closed) return;
    this.isComplete = true;
    this.pass(Buffer.from(toListenCompletion(idLiteral)));
    this.reply.end();
  }

  private take({ bytes, data, isMessage }: SseBlock): void {
    if (this.fault !== undefined || this.isComplete) return;
    // Comments keep connections alive, and an event without data says nothing. Clients do not read events of other
    // types, so a message in one would be answered for us and never for them.
    if (data === undefined || data.length === 0) {
      if (this.reply.begun || this.editor?.holdsOpening !== true) this.taken.push(bytes);
      return;
    }
    const kind = isMessage ? toMessageKind(data, this.id) : 'invalid';
    const edited = kind === 'invalid' ? 'malformed' : this.editor === undefined ? data : this.editor.edit(data, kind);
    if (typeof edited === 'string') {
      this.fault = edited;
    } else if (edited !== undefined) {
      if (kind === 'result' || kind === 'error') this.complete(edited, kind);
      this.taken.push(edited === data ? bytes : replaceData(bytes, edited));
    } else if (kind !== 'notification') {
      // What answers the request cannot be left out.
      this.fault = 'malformed';
    }
  }

  private complete(message: Buffer, kind: 'result' | 'error'): void {
    this.isComplete = true;
    if (kind === 'error') this.ending = 'answered_error';
    this.error = toErrorNote(message, kind);
  }

  /** Blocks that came together go on together: a write for each would cost more than reading them. */
  private passTaken(): void {
    const [first, ...rest] = this.taken;
    if (first === undefined) return;
    this.pass(rest.length === 0 ? first : Buffer.concat(this.taken));
    this.taken = [];
  }

  /** The first event opens the answer: a server that dies before it can still be replaced or reported. */
  private pass(bytes: Buffer): void {
    if (!this.reply.begun) this.reply.begin(200, this.headers);
    this.isFull = !this.reply.write(bytes);
  }
}
