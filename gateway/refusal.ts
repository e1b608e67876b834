// Every way the gateway says no: a closed set of kinds, each with its status, code, public words and side effects.

/** Whose failure a refusal is; decides log level and which error budget it burns. */
export type Fault = 'client' | 'upstream' | 'gateway';

interface Row {
  readonly status: number;
  readonly code: number;
  readonly words: string;
  readonly fault: Fault;
  /** The rest of the request was not read, so the connection cannot be used again. */
  readonly close?: true;
}

const client = (status: number, code: number, words: string): Row => ({ status, code, words, fault: 'client' });
const closing = (status: number, words: string): Row => ({ status, code: status, words, fault: 'client', close: true });

/** The protocol's own code where it defines one, else the HTTP status, which lies outside JSON-RPC's reserved range. */
const TABLE = {
  not_json: client(400, -32700, 'The body is not JSON.'),
  not_a_request: client(400, -32600, 'The body is not exactly one unambiguous JSON-RPC request.'),
  bad_params: client(400, -32602, 'A required part of params or params._meta is missing or has the wrong type.'),
  header_mismatch: client(400, -32020, 'A mirrored header is missing, repeated, malformed or different from the body.'),
  unsupported_version: client(400, -32022, 'Unsupported protocol version.'),
  unknown_method: client(404, -32601, 'Method not found.'),
  unknown_name: client(400, -32602, 'Unknown name.'),
  verb_not_allowed: client(405, 405, 'MCP endpoints take POST only.'),
  unknown_path: client(404, 404, 'No endpoint is configured at this path.'),
  unsupported_media: client(415, 415, 'Send application/json in UTF-8 without a content encoding.'),
  malformed_http: closing(400, 'The request is not well-formed HTTP/1.1.'),
  body_too_large: closing(413, 'The body is larger than this gateway accepts.'),
  headers_too_large: closing(431, 'The header block, or one mirrored header, is larger than this gateway accepts.'),
  too_slow: closing(408, 'The request did not arrive in time.'),
  expectation: closing(417, 'Only the expectation 100-continue is supported.'),
  host_not_allowed: client(403, 403, 'This host name is not served here.'),
  origin_not_allowed: client(403, 403, 'This origin may not call the gateway.'),
  token_absent: client(401, 401, 'A bearer token is required.'),
  token_invalid: client(401, 401, 'The bearer token is not valid for this resource.'),
  token_misplaced: client(400, 400, 'Send exactly one bearer token, in the Authorization header.'),
  denied: client(403, 403, 'No rule allows this request.'),
  scope_missing: client(403, 403, 'The token lacks a scope this operation needs.'),
  capability_missing: client(400, -32021, 'The request does not declare a capability that its method needs.'),
  state_invalid: client(400, -32602, 'The state, task or handle is unknown, expired or was not given to this caller.'),
  task_lost: client(400, -32602, 'The task is lost: the server that ran it is gone.'),
  rate_limited: client(429, 429, 'Too many requests.'),
  too_many_concurrent: client(429, 429, 'Too many requests at once.'),
  too_many_tasks: client(429, 429, 'Too many tasks.'),
  polled_too_soon: client(429, 429, 'The task was asked for sooner than its poll interval allows.'),
  quota_unavailable: { status: 503, code: -32603, words: 'Limits cannot be checked right now.', fault: 'gateway' },
  no_instance: { status: 503, code: -32603, words: 'No healthy instance can take this request.', fault: 'upstream' },
  upstream_failed: { status: 502, code: -32603, words: 'The server behind the gateway failed.', fault: 'upstream' },
  upstream_slow: {
    status: 504,
    code: -32603,
    words: 'The server behind the gateway took too long.',
    fault: 'upstream',
  },
  draining: {
    status: 503,
    code: -32603,
    words: 'The gateway is shutting down.',
    fault: 'gateway',
    close: true,
  },
  overloaded: {
    status: 503,
    code: -32603,
    words: 'The gateway is overloaded.',
    fault: 'gateway',
    close: true,
  },
  internal: { status: 500, code: -32603, words: 'Internal error.', fault: 'gateway' },
} as const satisfies Record<string, Row>;

export type RefusalKind = keyof typeof TABLE;

/** All kinds, for metric labels and documentation. */
export const REFUSAL_KINDS = Object.keys(TABLE) as readonly RefusalKind[];

/** What the policy said of a request. */
export interface DecisionNote {
  readonly outcome: 'allowed' | 'denied' | 'no_rule' | 'scopes';
  /** The rule's id, or `none`. */
  readonly rule: string;
  /** Digest of the policy that decided: 16 hex digits. */
  readonly policy: string;
}

export interface RefusalDetail {
  /** For the log alone: which check said no. Fixed words, never client input. */
  readonly reason?: string;
  /** Replaces the public words, where the specification asks for more; fixed words only. */
  readonly words?: string;
  /** Joins `data` beside `reason` in the error. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Response headers such as `Allow` or `WWW-Authenticate`, built from configuration alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the policy decided, for the record alone. */
  readonly decision?: DecisionNote;
  /** The quota rule that refused, for the record alone. */
  readonly quotaRule?: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterS?: number;
  readonly cause?: unknown;
}

/** A decided "no". Thrown once by a stage, caught once at the edge; carries no stack, so a flood stays cheap. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly detail: RefusalDetail;
  /** The request's id as the very bytes of the body, once it could be read. */
  idLiteral: string | undefined;

  constructor(kind: RefusalKind, detail: RefusalDetail = NO_DETAIL, idLiteral?: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(kind);
    Error.stackTraceLimit = limit;
    this.kind = kind;
    this.detail = detail;
    this.idLiteral = idLiteral;
  }

  /** Status, code, public words and fault of this kind. */
  get row(): Row {
    return TABLE[this.kind];
  }
}

const NO_DETAIL: RefusalDetail = {};

/** Refuses: throws a Refusal of this kind. */
export function refuse(kind: RefusalKind, detail?: RefusalDetail, idLiteral?: string): never {
  throw new Refusal(kind, detail, idLiteral);
}
