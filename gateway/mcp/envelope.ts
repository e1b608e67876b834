// Opens the envelope: reads what a request says of itself in its body, and holds its mirrored headers against that.
import { type RefusalKind, refuse } from '../refusal.ts';
import { type FieldNames, isLookalike, makeFieldNames } from './field-names.ts';
import { decodeFieldValue, isPlainField } from './header-value.ts';
import { type FieldKind, METHODS, type Method, SUPPORTED_VERSIONS } from './methods.ts';
import { findParamFault, type MirroredHeaders, REPEATED } from './mirrored-headers.ts';
import { decodeName, isJsonFault, type JsonIndex, type JsonLimits, ROOT, scanJson } from './strict-json.ts';

/** What a request says of itself, agreed by headers and body. */
export interface Envelope {
  readonly method: Method;
  /** The id as the very bytes of the body, so that errors repeat it exactly. */
  readonly idLiteral: string;
  readonly id: string | number;
  readonly version: string;
  /** What `Mcp-Name` mirrors: a tool, a prompt, a URI or a task; undefined on other methods. */
  readonly name: string | undefined;
  /** Byte offsets of the value of `params` and of `params._meta`, for splicing. */
  readonly paramsStart: number;
  readonly paramsEnd: number;
  readonly metaStart: number;
  readonly metaEnd: number;
}

/** An id is a handle to match answers by; it is compared in every answer, so it may not be a document. */
const MAX_ID_LENGTH = 1024;

/** The names of these members are all looked at; no honest request has a tenth of it. */
const MAX_PROTOCOL_MEMBERS = 256;

const LIMITS: JsonLimits = { maxDepth: 64, maxMembers: 10_000, notedDepth: 3 };

const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const META_CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

const TOP_FIELDS = makeFieldNames(['jsonrpc', 'id', 'method', 'params']);
const PARAM_FIELDS = makeFieldNames([
  '_meta',
  ...[...METHODS.values()].flatMap((method) => Object.keys(method.fields)),
]);
/** Fields of the protocol inside members of `params`; arguments belong to the tool and are left alone. */
const INNER_FIELDS: ReadonlyMap<string, FieldNames> = new Map([
  [
    '_meta',
    makeFieldNames([
      META_VERSION,
      META_CAPABILITIES,
      META_CLIENT_INFO,
      META_LOG_LEVEL,
      'io.modelcontextprotocol/subscriptionId',
      'progressToken',
      'traceparent',
      'tracestate',
      'baggage',
    ]),
  ],
  ['ref', makeFieldNames(['type', 'name', 'uri', 'title'])],
  ['argument', makeFieldNames(['name', 'value'])],
  ['context', makeFieldNames(['arguments'])],
  [
    'notifications',
    makeFieldNames([
      'toolsListChanged',
      'promptsListChanged',
      'resourcesListChanged',
      'resourceSubscriptions',
      'taskIds',
    ]),
  ],
]);

const META_KINDS: ReadonlyMap<string, FieldKind> = new Map([
  [META_VERSION, 'string'],
  [META_CAPABILITIES, 'object'],
  [META_CLIENT_INFO, 'object'],
  [META_LOG_LEVEL, 'string'],
  ['progressToken', 'string-or-integer'],
]);

const INITIALIZE_WORDS = `This gateway serves ${SUPPORTED_VERSIONS.join(', ')}, which has no initialize handshake.`;

/** A refusal while the envelope is opened knows the id as soon as it was read. */
class Opening {
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

/**
 * Reads a body as exactly one MCP request and holds its mirrored headers against it.
 *
 * @param body the bytes as they came
 * @param headers the mirrored headers as they stood on the wire
 * @param served the methods that exist on the endpoint
 * @returns the envelope, or undefined for a notification that asks for nothing
 * @throws Refusal not_json, not_a_request, bad_params, header_mismatch, unsupported_version,
 *   unknown_method, in this order (MCP 2026-07-28, basic/transports/streamable-http, "Server Validation"; RFC 8259)
 */
export function openEnvelope(
  body: Buffer,
  headers: MirroredHeaders,
  served: ReadonlySet<string>,
): Envelope | undefined {
  const scanned = scanJson(body, LIMITS);
  if (isJsonFault(scanned))
    return refuse(scanned.kind === 'not_json' ? 'not_json' : 'not_a_request', { reason: scanned.reason });
  if (scanned.rootKind !== 0x7b)
    return refuse('not_a_request', { reason: scanned.rootKind === 0x5b ? 'batch' : 'scalar' });
  const opening = new Opening(body, scanned);
  const top = readTop(opening);
  if (top === undefined) return checkCancellation(opening, headers);
  const meta = readParams(opening, top);
  const name = checkHeaders(opening, top, meta, headers);
  if (!SUPPORTED_VERSIONS.includes(meta.version)) {
    const data = { supported: SUPPORTED_VERSIONS, requested: meta.version.slice(0, 200) };
    return opening.refuse('unsupported_version', 'version', data);
  }
  if (top.known === undefined || !served.has(top.method)) return opening.refuse('unknown_method', 'not_served');
  return {
    method: top.known,
    idLiteral: opening.idLiteral as string,
    id: top.id,
    version: meta.version,
    name,
    paramsStart: scanned.valueStart[top.params] as number,
    paramsEnd: scanned.valueEnd[top.params] as number,
    metaStart: scanned.valueStart[meta.at] as number,
    metaEnd: scanned.valueEnd[meta.at] as number,
  };
}

/** It needs no mirrored header (none is defined for it), but one that is there must not say something else. */
function checkCancellation(opening: Opening, { method, name, params }: MirroredHeaders): undefined {
  const agrees = method === undefined || method === 'notifications/cancelled';
  if (!agrees || name !== undefined || params.length > 0) opening.refuse('header_mismatch', 'notification');
}

interface Top {
  readonly id: string | number;
  readonly method: string;
  readonly known: Method | undefined;
  /** Member of `params`, or -1. */
  readonly params: number;
}

function readTop(opening: Opening): Top | undefined {
  const { index } = opening;
  opening.requireFew(ROOT);
  let jsonrpc = -1;
  let idAt = -1;
  let methodAt = -1;
  let params = -1;
  let stranger: string | undefined;
  for (let at = 0; at < index.count; at++) {
    if (index.parent[at] !== ROOT) continue;
    const name = opening.nameAt(at);
    if (name === 'jsonrpc') jsonrpc = at;
    else if (name === 'id') idAt = at;
    else if (name === 'method') methodAt = at;
    else if (name === 'params') params = at;
    else stranger ??= name;
  }
  const id = idAt < 0 ? undefined : readId(opening, idAt);
  if (stranger !== undefined) {
    const answers = stranger === 'result' || stranger === 'error';
    return opening.refuse(
      'not_a_request',
      answers ? 'response' : isLookalike(stranger, TOP_FIELDS) ? 'lookalike' : 'unknown_member',
    );
  }
  if (jsonrpc < 0 || opening.kindAt(jsonrpc) !== 0x22 || opening.stringAt(jsonrpc) !== '2.0') {
    return opening.refuse('not_a_request', 'jsonrpc');
  }
  if (methodAt < 0 || opening.kindAt(methodAt) !== 0x22) return opening.refuse('not_a_request', 'method');
  const method = opening.stringAt(methodAt);
  opening.isInitialize = method === 'initialize';
  if (idAt < 0) {
    // Closing the connection is what cancels here; the official client says it in words too, and needs no more than a nod.
    if (method === 'notifications/cancelled') return undefined;
    // This revision defines no notification from client to server over HTTP.
    if (method.startsWith('notifications/')) return opening.refuse('unknown_method', 'notification');
    return opening.refuse('not_a_request', 'no_id');
  }
  if (id === undefined) return opening.refuse('not_a_request', 'id');
  return { id, method, known: METHODS.get(method), params };
}

/** A string or a safe integer in plain digits; `1.0`, `1e0` and `-0` would come back differently from different readers. */
function readId(opening: Opening, at: number): string | number | undefined {
  const literal = opening.textAt(at);
  if (literal.length > MAX_ID_LENGTH) return undefined;
  let id: string | number;
  if (literal.startsWith('"')) {
    id = opening.stringAt(at);
  } else {
    if (!/^(?:0|-?[1-9][0-9]{0,15})$/.test(literal)) return undefined;
    id = Number(literal);
    if (!Number.isSafeInteger(id)) return undefined;
  }
  opening.idLiteral = literal;
  return id;
}

interface Meta {
  readonly at: number;
  readonly version: string;
  /** Member of `params` that `Mcp-Name` mirrors, or -1. */
  readonly mirrored: number;
}

function readParams(opening: Opening, top: Top): Meta {
  const { index } = opening;
  const { params, known } = top;
  if (params < 0 || opening.kindAt(params) !== 0x7b) return opening.refuse('bad_params', 'params');
  opening.requireFew(params);
  checkLookalikesInside(opening, params, PARAM_FIELDS);
  for (let at = params + 1; at < index.count; at++) {
    if (index.parent[at] !== params) continue;
    const inner = INNER_FIELDS.get(opening.nameAt(at));
    if (inner === undefined) continue;
    opening.requireFew(at);
    checkLookalikesInside(opening, at, inner);
  }
  let metaAt = -1;
  let mirrored = -1;
  let seen = 0;
  for (let at = params + 1; at < index.count; at++) {
    if (index.parent[at] !== params) continue;
    const name = opening.nameAt(at);
    if (name === '_meta') {
      metaAt = at;
    } else if (known !== undefined && Object.hasOwn(known.fields, name)) {
      if (!isOfKind(opening, at, known.fields[name] as FieldKind)) return opening.refuse('bad_params', 'field_type');
      if (known.required.includes(name)) seen++;
      if (name === known.mirrors) mirrored = at;
    }
  }
  if (metaAt < 0 || opening.kindAt(metaAt) !== 0x7b) return opening.refuse('bad_params', 'meta');
  const version = readMeta(opening, metaAt);
  if (known !== undefined && seen < known.required.length) return opening.refuse('bad_params', 'field_missing');
  if (mirrored >= 0 && opening.stringAt(mirrored).includes('\0')) return opening.refuse('bad_params', 'nul_in_name');
  return { at: metaAt, version, mirrored };
}

function readMeta(opening: Opening, metaAt: number): string {
  const { index } = opening;
  let version: string | undefined;
  let hasCapabilities = false;
  for (let at = metaAt + 1; at < index.count; at++) {
    if (index.parent[at] !== metaAt) continue;
    const name = opening.nameAt(at);
    const kind = META_KINDS.get(name);
    if (kind !== undefined && !isOfKind(opening, at, kind)) return opening.refuse('bad_params', 'meta_type');
    if (name === META_VERSION) version = opening.stringAt(at);
    else if (name === META_CAPABILITIES) hasCapabilities = true;
  }
  if (version === undefined) return opening.refuse('bad_params', 'meta_version');
  if (!hasCapabilities) return opening.refuse('bad_params', 'meta_capabilities');
  return version;
}

function checkLookalikesInside(opening: Opening, parent: number, fields: FieldNames): void {
  const { index } = opening;
  for (let at = parent + 1; at < index.count; at++) {
    if (index.parent[at] === parent && isLookalike(opening.nameAt(at), fields))
      opening.refuse('not_a_request', 'lookalike');
  }
}

function isOfKind(opening: Opening, at: number, kind: FieldKind): boolean {
  const first = opening.kindAt(at);
  switch (kind) {
    case 'string':
      return first === 0x22;
    case 'object':
      return first === 0x7b;
    case 'array':
      return first === 0x5b;
    case 'string-or-integer':
      return first === 0x22 || /^-?[0-9]+$/.test(opening.textAt(at));
  }
}

/** @returns the value that `Mcp-Name` mirrors, once every mirrored header agrees with the body */
function checkHeaders(opening: Opening, top: Top, meta: Meta, headers: MirroredHeaders): string | undefined {
  if (headers.version === undefined) return opening.refuse('header_mismatch', 'version_missing');
  if (headers.method === undefined) return opening.refuse('header_mismatch', 'method_missing');
  if (headers.version === REPEATED || headers.method === REPEATED || headers.name === REPEATED) {
    return opening.refuse('header_mismatch', 'repeated');
  }
  if (!isPlainField(headers.version) || !isPlainField(headers.method)) {
    return opening.refuse('header_mismatch', 'characters');
  }
  if (headers.version !== meta.version) return opening.refuse('header_mismatch', 'version_differs');
  if (headers.method !== top.method) return opening.refuse('header_mismatch', 'method_differs');
  const paramFault = findParamFault(headers.params);
  if (paramFault !== undefined) return opening.refuse('header_mismatch', paramFault);
  // Whether a method that is not in the table mirrors a name cannot be known; it is refused as unknown in a moment.
  if (top.known === undefined) return undefined;
  if (meta.mirrored < 0) {
    if (headers.name !== undefined) return opening.refuse('header_mismatch', 'name_unexpected');
    return undefined;
  }
  if (headers.name === undefined) return opening.refuse('header_mismatch', 'name_missing');
  const claimed = decodeFieldValue(headers.name);
  if (claimed === undefined) return opening.refuse('header_mismatch', 'name_malformed');
  const name = opening.stringAt(meta.mirrored);
  if (claimed !== name) return opening.refuse('header_mismatch', 'name_differs');
  return name;
}
