// One envelope while it is opened: the body, where its members stand, and what a refusal may say of it.
import { type RefusalKind, refuse } from '../refusal.ts';
import { decodeName, type JsonIndex } from './json-index.ts';
import { SUPPORTED_VERSIONS } from './methods.ts';

/** The names of these members are all looked at; no honest request has a tenth of it. */
const MAX_PROTOCOL_MEMBERS = 256;

const INITIALIZE_WORDS = `This gateway serves ${SUPPORTED_VERSIONS.join(', ')}, which has no initialize handshake.`;

/** A refusal while the envelope is opened knows the id as soon as it was read. */
export class Opening {
  readonly body: Buffer;
  readonly index: JsonIndex;
  idLiteral: string | undefined;
  isInitialize = false;

  constructor(body: Buffer, index: JsonIndex) {
    this.body = body;
    this.index = index;
  }

  refuse(kind: RefusalKind, reason: string, data?: Readonly<Record<string, unknown>>): never {
    // A client of an older revision can show its user nothing but the words of this answer.
    const initialize = this.isInitialize ? { words: INITIALIZE_WORDS, data: { supported: SUPPORTED_VERSIONS } } : {};
    return refuse(kind, { reason, ...(data && { data }), ...initialize }, this.idLiteral);
  }

  nameAt(at: number): string {
    const { nameStart, nameEnd, nameEscaped } = this.index;
    return decodeName(this.body, nameStart[at] as number, nameEnd[at] as number, nameEscaped[at] === 1);
  }

  kindAt(at: number): number {
    return this.body[this.index.valueStart[at] as number] as number;
  }

  /** Counts the members of one object of the protocol; only the tool's own arguments may be many. */
  requireFew(parent: number): void {
    const { parent: parents, count } = this.index;
    let members = 0;
    for (let at = 0; at < count; at++) {
      if (parents[at] === parent && ++members > MAX_PROTOCOL_MEMBERS) this.refuse('not_a_request', 'members');
    }
  }

  textAt(at: number): string {
    return this.body.toString('utf8', this.index.valueStart[at], this.index.valueEnd[at]);
  }

  /** The string at a member that is known to be one. */
  stringAt(at: number): string {
    const text = this.textAt(at);
    return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
  }
}
