// Decides by status and media type how an upstream's answer is read, and whether it may be passed on at all.
import type { AnswerFault, AnswerRelay, Reply, Routed } from '../exchange.ts';
import { STREAM_HEADERS, toJsonHeaders } from './answer-headers.ts';
import { JsonRelay } from './json-relay.ts';
import { StreamRelay } from './stream-relay.ts';

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

const JSON_MEDIA = /^application\/json[ \t]*(?:;|$)/i;
const STREAM_MEDIA = /^text\/event-stream[ \t]*(?:;|$)/i;

/** Makes what takes the answer of one attempt. */
export function makeAnswerRelay(routed: Routed, reply: Reply): AnswerRelay {
  return new Relay(routed, reply);
}

class Relay implements AnswerRelay {
  status = 0;
  private readonly routed: Routed;
  private readonly reply: Reply;
  private body: JsonRelay | StreamRelay | undefined;
  private isConcluded = false;

  constructor(routed: Routed, reply: Reply) {
    this.routed = routed;
    this.reply = reply;
  }

  get isFull(): boolean {
    return this.body?.isFull ?? false;
  }

  get isComplete(): boolean {
    return this.isConcluded || (this.body?.isComplete ?? false);
  }

  get ending(): 'answered' | 'answered_error' {
    return this.body?.ending ?? 'answered';
  }

  start(status: number, headers: IncomingHeaders): AnswerFault | undefined {
    this.status = status;
    const fault = findHeadFault(status, headers);
    if (fault !== undefined) return fault;
    const { id } = this.routed.envelope;
    const media = String(headers['content-type']);
    if (JSON_MEDIA.test(media))
      this.body = new JsonRelay(this.reply, id, status, toJsonHeaders(headers['retry-after']));
    else if (STREAM_MEDIA.test(media) && status === 200) this.body = new StreamRelay(this.reply, id, STREAM_HEADERS);
    else return status >= 502 && status <= 504 ? 'unavailable' : 'media';
    return undefined;
  }

  push(piece: Buffer): AnswerFault | undefined {
    return this.isConcluded ? undefined : this.body?.push(piece);
  }

  finish(): AnswerFault | undefined {
    if (this.isConcluded) return undefined;
    const fault = this.body === undefined ? 'cut' : this.body.finish();
    return fault === 'malformed' && this.status >= 502 && this.status <= 504 ? 'unavailable' : fault;
  }

  conclude(): void {
    // An answer in JSON ends by itself.
    if (this.isComplete || this.body instanceof JsonRelay) return;
    const body = this.body ?? new StreamRelay(this.reply, this.routed.envelope.id, STREAM_HEADERS);
    this.isConcluded = true;
    body.conclude(this.routed.envelope.idLiteral);
  }
}

function findHeadFault(status: number, headers: IncomingHeaders): AnswerFault | undefined {
  if (status === 401 || status === 403 || status === 407) return 'challenge';
  if ((status !== 200 && status < 400) || status > 599) return 'status';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'media';
  return undefined;
}
