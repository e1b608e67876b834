// Passes on an answer that is one JSON object: held back until it is known to be whole, or watched while it streams.
import type { AnswerFault, OutgoingHeaders, Reply } from '../exchange.ts';
import { type MessageKind, toMessageKind } from '../mcp/json-rpc.ts';
import { JsonWatch } from '../mcp/json-watch.ts';

/** Up to this size an answer is gathered and sent at once; a larger one streams, and is cut when it turns out broken. */
const GATHERED_BYTES = 256 * 1024;

export class JsonRelay {
  isComplete = false;
  isFull = false;
  ending: 'answered' | 'answered_error' = 'answered';
  private readonly reply: Reply;
  private readonly id: string | number;
  private readonly status: number;
  private readonly headers: OutgoingHeaders;
  private pieces: Buffer[] = [];
  private size = 0;
  private watch: JsonWatch | undefined;

  constructor(reply: Reply, id: string | number, status: number, headers: OutgoingHeaders) {
    this.reply = reply;
    this.id = id;
    this.status = status;
    this.headers = headers;
  }

  push(piece: Buffer): AnswerFault | undefined {
    if (this.watch !== undefined) return this.stream(piece);
    this.pieces.push(piece);
    this.size += piece.length;
    // An error must be known for one before its status is passed on, so it is never streamed.
    if (this.size <= GATHERED_BYTES) return undefined;
    if (this.status !== 200) return 'oversized';
    this.watch = new JsonWatch(this.id);
    const gathered = Buffer.concat(this.pieces, this.size);
    this.pieces = [];
    return this.stream(gathered);
  }

  finish(): AnswerFault | undefined {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces, this.size);
    const kind = this.watch === undefined ? toMessageKind(body, this.id) : this.watch.end();
    if (!this.mayStand(kind)) return 'malformed';
    this.isComplete = true;
    this.ending = kind === 'error' ? 'answered_error' : 'answered';
    if (this.watch === undefined) this.reply.send(this.status, this.headers, body);
    else this.reply.end();
    return undefined;
  }

  private mayStand(kind: MessageKind): boolean {
    return kind === 'error' || (kind === 'result' && this.status === 200);
  }

  private stream(piece: Buffer): AnswerFault | undefined {
    if (this.watch?.push(piece) !== true) return 'malformed';
    if (!this.reply.begun) this.reply.begin(this.status, this.headers);
    this.isFull = !this.reply.write(piece);
    return undefined;
  }
}
