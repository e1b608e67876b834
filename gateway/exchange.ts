// The nouns of one MCP request: what it has become after each stage, and what is told of it when it ends.
import type { ParamDifference } from './mcp/agree-params.ts';
import type { Edit } from './mcp/edits.ts';
import type { Envelope } from './mcp/envelope.ts';
import type { MirroredHeaders } from './mcp/mirrored-headers.ts';
import type { ValidAnnotations } from './mcp/param-annotations.ts';
import type { DecisionNote, Refusal } from './refusal.ts';

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
  /** Where the request came from: the peer's address, or what a trusted proxy says it was. */
  readonly address: string;
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
  /** Digest of the policy that decided: 16 hex digits. */
  readonly policy: string;
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
  /** The checked values of `Mcp-Param-*` headers by lower-case key; undefined when this tool's schema is not known. */
  readonly params: ReadonlyMap<string, ParamValue> | undefined;
  /** Why they are not known where they are held against a schema; `route` refuses where it matters. */
  readonly paramFault: ParamFault | undefined;
  /** Which arguments of the tool headers repeat; undefined when that is not known. */
  readonly annotations: ValidAnnotations | undefined;
  /** What became of sealed handles in the arguments, which rules judge by what they stand for. */
  readonly handles: HandleNote;
  /** What must change in `body` before it goes upstream; each stage adds its own. */
  readonly edits: readonly Edit[];
}

export interface HandleNote {
  readonly opened: number;
  /** One did not open, or was missing where one is required; `open` refuses the request, if it gets so far. */
  readonly isRefused: boolean;
}

/** What is wrong with mirrored parameters, or why nothing can be said of them. */
export type ParamFault =
  | ParamDifference
  | 'no_tool' // no upstream the call could go to lists it
  | 'no_schema' // no such list could be read whole
  | 'schemas_differ' // two upstreams it could go to annotate it differently
  | 'invalid_tool'; // its annotations are not valid, so clients do not see it

export type ParamValue = string | bigint | boolean;

export interface Permitted extends Enveloped {
  readonly permit: Permit;
  /** What a sealed task id says of its task; undefined on requests that name none. */
  readonly task: OpenedTask | undefined;
}

export interface Admitted extends Permitted {
  readonly lease: Lease;
}

/** State that travelled through the client has been opened; `body` with its `edits` is what goes upstream. */
export interface Opened extends Admitted {
  /** What `Mcp-Name` says upstream when that differs from what the client sent. */
  readonly upstreamName: string | undefined;
  /** The upstream that gave out the state that was opened; it may not be taken to another one. */
  readonly stateFrom: string | undefined;
  /** The tasks that a listening request asks about, by the id its client knows each by. */
  readonly listenedTasks: ReadonlyMap<string, OpenedTask>;
  /** How many pieces of state were opened. */
  readonly openedCount: number;
}

/** A task, as the gateway sealed it when it began. */
export interface OpenedTask {
  readonly upstream: string;
  /** The instance that holds it; undefined when the instances share their tasks. */
  readonly instance: string | undefined;
  /** The tool that began it. */
  readonly tool: string;
  /** The id the upstream knows. */
  readonly id: string;
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
  /** Unique among all replicas; also in the log and the audit trail. */
  readonly requestId: string;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** Milliseconds since 1970. */
  readonly startedEpochMs: number;
  address: string;
  endpoint: string | undefined;
  envelope: Envelope | undefined;
  principal: Principal | undefined;
  decision: DecisionNote | undefined;
  /** The quota rule that refused. */
  quotaRule: string | undefined;
  upstream: string | undefined;
  /** The tool that is called, or that began the task asked for. */
  tool: string | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Pieces of state sealed into the answer, and opened in the request. */
  sealed: number;
  opened: number;
  trace: TraceNote | undefined;
  /** The spans of this request; undefined where no traces are made. */
  span: RequestTrace | undefined;
  /** The label of the instance that was asked last. */
  instance: string | undefined;
  /** The arguments that the audit trail is configured to hold. */
  auditedArguments: readonly PickedArgument[] | undefined;
  /** Time spent waiting for upstreams, all attempts together. */
  upstreamMs: number;
  answer: Answer | undefined;
  refusal: Refusal | undefined;
}

/** The server span of a request (W3C Trace Context, lower-case hex). */
export interface TraceNote {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** An argument that the configuration asks to be written down. */
export interface PickedArgument {
  readonly pointer: string;
  /** `text`: a string's value. `json`: any other value as it stood in the body. `sha256`: digest of the value's JSON. */
  readonly as: 'text' | 'json' | 'sha256';
  readonly value: string;
}

/** The server span of one request, as stages feed it. */
export interface RequestTrace {
  readonly note: TraceNote;
  /** Notes the moment a stage was passed. @param stage a fixed word */
  event(stage: string): void;
  /** A request is about to go to an instance of this upstream. */
  beginAttempt(upstream: string): AttemptTrace;
  /** Once, when the request is over and its record is complete. */
  end(record: RequestRecord): void;
}

/** The client span of one attempt at an instance. */
export interface AttemptTrace {
  /** What goes upstream, in the headers and in `params._meta`. */
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  /** Once, when the attempt is over. @param instance the label of the one it went to */
  end(outcome: AttemptOutcome, instance: string): void;
}

/** How an attempt at an instance ended: as an answer to the client ends, or with a fault. */
export interface AttemptOutcome extends ErrorNote {
  readonly kind: 'answered' | 'answered_error' | 'client_left' | AnswerFault;
}

/** What is known of an error in an answer that was passed on. */
export interface ErrorNote {
  /** Code of a JSON-RPC error the upstream sent. */
  readonly errorCode?: number | undefined;
  /** The result of a tool says `isError`. */
  readonly isToolError?: boolean | undefined;
}

/** What became of a request; made when the last byte is written or the connection is gone. */
export interface Answer extends ErrorNote {
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
  | 'undeclared' // it asks for, or hands out, what this request did not declare
  | 'hidden' // an unknown name, on an endpoint where those must all look the same
  | 'forgotten' // a task it does not know any more
  | 'oversized' // a header block or an event beyond all bounds
  | 'cut' // it broke off
  | 'internal'; // a fault of ours while we read it

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
  /** Known once complete. */
  readonly error: ErrorNote;
  readonly status: number;
  /** Ends a listening stream on the gateway's own initiative, gracefully. */
  conclude(): void;
}
