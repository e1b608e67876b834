// Passes on an answer that is a stream of events, whole events only, up to and with the response that ends it.
import type { AnswerFault, OutgoingHeaders, Reply } from '../exchange.ts';
import { toListenCompletion, toMessageKind } from '../mcp/json-rpc.ts';
import { type SseBlock, SseSplitter } from '../mcp/sse-splitter.ts';

/** An event is held back until it is whole; one beyond this is taken for a fault of the server. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

export class StreamRelay {
  isComplete = false;
  isFull = false;
  ending: 'answered' | 'answered_error' = 'answered';
  private readonly reply: Reply;
  private readonly id: string | number;
  private readonly headers: OutgoingHeaders;
  private readonly splitter = new SseSplitter(MAX_EVENT_BYTES);
  private fault: AnswerFault | undefined;
  private taken: Buffer[] = [];

  constructor(reply: Reply, id: string | number, headers: OutgoingHeaders) {
    this.reply = reply;
    this.id = id;
    this.headers = headers;
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
    if (data !== undefined && data.length > 0) {
      const kind = isMessage ? toMessageKind(data, this.id) : 'invalid';
      if (kind === 'invalid') {
        this.fault = 'malformed';
        return;
      }
      this.isComplete = kind !== 'notification';
      if (kind === 'error') this.ending = 'answered_error';
    }
    this.taken.push(bytes);
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
