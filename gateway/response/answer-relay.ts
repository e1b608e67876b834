// Decides by status and media type how an upstream's answer is read, and whether it may be passed on at all.
import type { AnswerFault, AnswerRelay, ErrorNote, OutgoingHeaders, Reply, Routed } from '../exchange.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { STREAM_HEADERS, toJsonHeaders } from './answer-headers.ts';
import { NO_ERROR } from './error-note.ts';
import { JsonRelay } from './json-relay.ts';
import { StreamRelay } from './stream-relay.ts';

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

const JSON_MEDIA = /^application\/json[ \t]*(?:;|$)/i;
const STREAM_MEDIA = /^text\/event-stream[ \t]*(?:;|$)/i;

/**
 * Makes what takes the answer of one attempt.
 *
 * @param editor what is done to each of its messages, for this attempt alone; nothing is, without one
 * @param more headers that join those of the answer
 */
export function makeAnswerRelay(
  routed: Routed,
  reply: Reply,
  editor?: AnswerEditor,
  more?: OutgoingHeaders,
): AnswerRelay {
  return new Relay(routed, reply, editor, more);
}

class Relay implements AnswerRelay {
  status = 0;
  private readonly routed: Routed;
  private readonly reply: Reply;
  private readonly editor: AnswerEditor | undefined;
  private readonly more: OutgoingHeaders | undefined;
  private body: JsonRelay | StreamRelay | undefined;
  private isConcluded = false;

  constructor(routed: Routed, reply: Reply, editor: AnswerEditor | undefined, more: OutgoingHeaders | undefined) {
    this.routed = routed;
    this.reply = reply;
    this.editor = editor;
    this.more = more;
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

  get error(): ErrorNote {
    return this.body?.error ?? NO_ERROR;
  }

  start(status: number, headers: IncomingHeaders): AnswerFault | undefined {
    this.status = status;
    const fault = findHeadFault(status, headers);
    if (fault !== undefined) return fault;
    const { id } = this.routed.envelope;
    const media = String(headers['content-type']);
    if (JSON_MEDIA.test(media)) {
      const head = { status, headers: this.addMore(toJsonHeaders(headers['retry-after'])) };
      this.body = new JsonRelay(this.reply, id, head, this.editor);
    } else if (STREAM_MEDIA.test(media) && status === 200) this.body = this.makeStream();
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
    const body = this.body ?? this.makeStream();
    this.isConcluded = true;
    body.conclude(this.routed.envelope.idLiteral);
  }

  private makeStream(): StreamRelay {
    return new StreamRelay(this.reply, this.routed.envelope.id, this.addMore(STREAM_HEADERS), this.editor);
  }

  private addMore(headers: OutgoingHeaders): OutgoingHeaders {
    return this.more === undefined ? headers : { ...headers, ...this.more };
  }
}

function findHeadFault(status: number, headers: IncomingHeaders): AnswerFault | undefined {
  if (status === 401 || status === 403 || status === 407) return 'challenge';
  if ((status !== 200 && status < 400) || status > 599) return 'status';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'media';
  return undefined;
}
