// The nouns of one MCP request: what it has become after each stage, and what is told of it when it ends.
import type { Envelope } from './mcp/envelope.ts';
import type { MirroredHeaders } from './mcp/mirrored-headers.ts';
import type { Refusal } from './refusal.ts';

/** One configured endpoint: a path clients call, and one protected resource (RFC 9728). */
export interface Endpoint {
  readonly path: string;
  /** The resource identifier tokens must carry as their audience. */
  readonly resource: string;
  /** Methods that exist for clients of this endpoint. */
  readonly methods: ReadonlySet<string>;
}

/** A request as the wire gave it: accepted by the wire checks, its body not yet read. */
export interface Received {
  readonly endpoint: Endpoint;
  readonly headers: MirroredHeaders;
  /** Every value of `Authorization`, in order; more than one is refused by `authenticate`. */
  readonly authorization: readonly string[];
  /** The query part of the target, without `?`; only looked at for smuggled tokens. */
  readonly query: string;
  /** Reads the whole body, at most `limits.body` bytes; refuses 413 and 408. Called once. */
  readonly readBody: () => Promise<Buffer>;
}

declare const proof: unique symbol;

/** The proven caller. Anonymous only where the configuration says so; then every text is empty and every set too. */
export interface Principal {
  readonly [proof]: 'principal';
  readonly kind: 'token' | 'anonymous';
  /** `iss` of the token. */
  readonly issuer: string;
  /** `sub` of the token. */
  readonly subject: string;
  /** The OAuth client, from where its issuer keeps it. */
  readonly client: string;
  /** Granted scopes and all that they imply. */
  readonly scopes: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** The token's whole payload, frozen; never indexed by a name a client chose without `Object.hasOwn`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** `exp` of the token plus the allowed skew, in milliseconds since 1970; undefined for anonymous. */
  readonly validUntilMs: number | undefined;
}

/** Proof that a rule allowed this request. */
export interface Permit {
  readonly [proof]: 'permit';
  readonly rule: string;
}

/** Proof of admission under the quotas; released exactly once. */
export interface Lease {
  readonly [proof]: 'lease';
}

export interface Authenticated extends Received {
  readonly principal: Principal;
  /** The token as it came; only an upstream's credential may look at it. */
  readonly bearer: string | undefined;
}

export interface Enveloped extends Authenticated {
  /** The body, byte for byte as it came. */
  readonly body: Buffer;
  readonly envelope: Envelope;
}

export interface Permitted extends Enveloped {
  readonly permit: Permit;
}

export interface Admitted extends Permitted {
  readonly lease: Lease;
}

/** State that travelled through the client has been opened; `body` is what goes upstream. */
export interface Opened extends Admitted {
  readonly opened: true;
}

/** Where a request goes: one target today, so that a plan over many servers needs no new noun. */
export interface Routed extends Opened {
  readonly upstream: string;
}

/** Where an answer is written: one HTTP response, seen without its framework. */
export interface Reply {
  /** True once the client is gone or the answer is over; nothing can be written any more. */
  readonly closed: boolean;
  /** True once the first byte of an answer was handed on: from here on nothing can be retried or refused. */
  readonly begun: boolean;
  /** Sends status, headers and the whole body at once. */
  send(status: number, headers: OutgoingHeaders, body: Buffer | string): void;
  /** Sends status and headers; bytes follow. */
  begin(status: number, headers: OutgoingHeaders): void;
  /** Writes bytes; false asks the caller to pause until `onDrain`. */
  write(bytes: Buffer): boolean;
  /** Ends an answer that is whole. */
  end(): void;
  /** Breaks the connection, so that a cut answer never looks complete. */
  abort(): void;
  /** Breaks the connection of an answer that is over when the client takes none of what is left for this long. */
  cutUnlessTaken(withinMs: number): void;
  /** Called each time the client has taken what was written. */
  onDrain(listener: () => void): void;
  /** Called once when the client leaves before the answer is over. */
  onGone(listener: () => void): void;
  /** Called once when the gateway shuts down and wants open streams to end by themselves. */
  onShutdown(listener: () => void): void;
}

export type OutgoingHeaders = Readonly<Record<string, string>>;

/** How a request that was not refused came to its end. */
export type Ending =
  | 'answered' // a whole answer with a result
  | 'answered_error' // a whole answer with a JSON-RPC error of the upstream
  | 'client_left' // the client closed its connection first
  | 'cut' // the upstream broke off after the answer had begun
  | 'acknowledged' // a notification that asked for nothing
  | 'token_ended' // a stream was cut with the token that opened it
  | 'drained'; // the gateway ended a stream on shutdown

/** The client closed its connection before a stage could refuse or answer. */
export class ClientGone extends Error {}

/** What is known of a request while it passes; kept beside it, so that a refusal half-way is recorded too. */
export interface RequestRecord {
  readonly startedMs: number;
  endpoint: string | undefined;
  envelope: Envelope | undefined;
  principal: Principal | undefined;
  rule: string | undefined;
  upstream: string | undefined;
  answer: Answer | undefined;
  refusal: Refusal | undefined;
}

/** What became of a request; made when the last byte is written or the connection is gone. */
export interface Answer {
  readonly ending: Ending;
  readonly status: number;
  readonly upstream: string;
  /** Index of the instance that answered, or -1 when none did. */
  readonly instance: number;
}

/** Why an upstream's answer may not reach the client. Fixed words: they label metrics and stand in the log. */
export type AnswerFault =
  | 'refused' // it took no connection
  | 'slow' // it did not answer, or stopped sending, in time
  | 'unavailable' // 502, 503 or 504 without a JSON-RPC error
  | 'challenge' // 401 or 403: a matter between it and the gateway
  | 'status' // another status this protocol has no use for
  | 'media' // neither JSON nor an event stream, or encoded
  | 'malformed' // not the one message that answers this request
  | 'oversized' // a header block or an event beyond all bounds
  | 'cut'; // it broke off

/** Takes the answer of one upstream attempt and passes it on as far as it is well-formed. */
export interface AnswerRelay {
  /** Status and headers have come; nothing is passed on yet. */
  start(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): AnswerFault | undefined;
  /** Bytes have come. */
  push(piece: Buffer): AnswerFault | undefined;
  /** The upstream ended its answer; passes on what was held back, when it is whole. */
  finish(): AnswerFault | undefined;
  /** True when the client takes bytes more slowly than they come. */
  readonly isFull: boolean;
  /** True when the response itself was passed on; what follows it is of no interest. */
  readonly isComplete: boolean;
  /** Whether the response was a result or an error; known once complete. */
  readonly ending: 'answered' | 'answered_error';
  readonly status: number;
  /** Ends a listening stream on the gateway's own initiative, gracefully. */
  conclude(): void;
}
