// Bodies of JSON-RPC: the errors the gateway makes, and what an upstream's message is.
import type { Refusal } from '../refusal.ts';
import type { JsonLimits } from './json-fault.ts';
import { decodeName, type JsonIndex, ROOT } from './json-index.ts';
import { isJsonFault, scanJson } from './strict-json.ts';

/** An id longer than this is not repeated in an answer of ours. */
const MAX_ECHO = 200;

/**
 * The JSON-RPC error body of a refusal. Every piece is fixed or JSON-encoded; the id is repeated as the bytes the client sent.
 */
export function toErrorBody(refusal: Refusal): string {
  const { code, words } = refusal.row;
  const { idLiteral, detail } = refusal;
  const id = idLiteral === undefined || idLiteral.length > MAX_ECHO ? '' : `"id":${idLiteral},`;
  const message = JSON.stringify(detail.words ?? words);
  const data = JSON.stringify({ reason: refusal.kind, ...detail.data });
  return `{"jsonrpc":"2.0",${id}"error":{"code":${code},"message":${message},"data":${data}}}`;
}

/**
 * The event that ends a `subscriptions/listen` stream gracefully (basic/patterns/subscriptions, "Graceful Closure").
 *
 * @param idLiteral the id of the request that opened the stream, as JSON
 */
export function toListenCompletion(idLiteral: string): string {
  const meta = `{"io.modelcontextprotocol/subscriptionId":${idLiteral}}`;
  return `data: {"jsonrpc":"2.0","id":${idLiteral},"result":{"resultType":"complete","_meta":${meta}}}\n\n`;
}

/** What an upstream's message is, or `invalid` when it may not stand where it stands. */
export type MessageKind = 'result' | 'error' | 'notification' | 'invalid';

/** Servers nest deeper and list more than requests may, but not without end: every reader of an answer must survive it. */
const ANSWER_LIMITS: JsonLimits = { maxDepth: 256, maxMembers: 250_000, notedDepth: 1 };

/**
 * Reads one whole message of an upstream: strictly, so that what was checked here is what the client will read.
 *
 * @param id the id of the request this message belongs to; a response must carry the same
 */
export function toMessageKind(bytes: Buffer, id: string | number): MessageKind {
  const index = scanJson(bytes, ANSWER_LIMITS);
  if (isJsonFault(index) || index.rootKind !== 0x7b) return 'invalid';
  const shape = new MessageShape(id);
  for (let at = 0; at < index.count; at++) {
    if (index.parent[at] === ROOT)
      shape.add(nameOf(bytes, index, at), bytes, index.valueStart[at] as number, index.valueEnd[at] as number);
  }
  return shape.toKind();
}

function nameOf(bytes: Buffer, index: JsonIndex, at: number): string {
  return decodeName(bytes, index.nameStart[at] as number, index.nameEnd[at] as number, index.nameEscaped[at] === 1);
}

/** Gathers the outer members of one message until it can be said what the message is. */
export class MessageShape {
  private readonly expected: string | number;
  private versioned = false;
  private hasId = false;
  private idAgrees = false;
  private hasMethod = false;
  private outcome: 'result' | 'error' | undefined;
  private broken = false;

  constructor(expectedId: string | number) {
    this.expected = expectedId;
  }

  add(name: string, bytes: Buffer, start: number, end: number): void {
    switch (name) {
      case 'jsonrpc':
        this.versioned = bytes.toString('latin1', start, end) === '"2.0"';
        break;
      case 'id':
        this.hasId = true;
        this.idAgrees =
          end - start <= MAX_ID_BYTES &&
          isScalar(bytes, start) &&
          JSON.parse(bytes.toString('utf8', start, end)) === this.expected;
        break;
      case 'method':
        this.hasMethod = bytes[start] === 0x22;
        this.broken ||= !this.hasMethod;
        break;
      case 'result':
      case 'error':
        this.broken ||= this.outcome !== undefined || bytes[start] !== 0x7b;
        this.outcome = name;
        break;
      default:
    }
  }

  /** A request from the server is invalid: this revision has none on a response stream. */
  toKind(): MessageKind {
    if (this.broken || !this.versioned) return 'invalid';
    if (this.outcome !== undefined) return this.idAgrees && !this.hasMethod ? this.outcome : 'invalid';
    return this.hasMethod && !this.hasId ? 'notification' : 'invalid';
  }
}

/** The longest id let through, with every character escaped. */
const MAX_ID_BYTES = 6 * 1024 + 2;

function isScalar(bytes: Buffer, start: number): boolean {
  return bytes[start] !== 0x7b && bytes[start] !== 0x5b;
}
