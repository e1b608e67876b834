// Reads `params` and `params._meta`: the fields every request must carry, and those of its method (basic/index, "_meta").
import { type FieldNames, isLookalike, makeFieldNames } from './field-names.ts';
import { type FieldKind, METHODS } from './methods.ts';
import type { Opening } from './opening.ts';
import type { Top } from './read-top.ts';

const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const META_CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

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
/** Keys of the protocol whose values nobody here depends on. */
const META_PASSED: ReadonlySet<string> = new Set([
  'io.modelcontextprotocol/subscriptionId',
  'traceparent',
  'tracestate',
]);
/** A key of `_meta` that the protocol does not define for requests. */
export interface ForeignKey {
  readonly name: string;
  /** The opening quote of the name. */
  readonly start: number;
  /** Behind the value. */
  readonly end: number;
}

const NO_FOREIGN: readonly ForeignKey[] = [];

export interface Meta {
  readonly at: number;
  readonly version: string;
  /** Member that holds `clientCapabilities`. */
  readonly capabilities: number;
  readonly foreign: readonly ForeignKey[];
  /** Member of `params` that `Mcp-Name` mirrors, or -1. */
  readonly mirrored: number;
  /** It holds `requestState` or `inputResponses`, whether the method has these or not. */
  readonly isRound: boolean;
}

/** What `_meta` says, once the fields of `params` have the right types. */
export function readParams(opening: Opening, top: Top): Meta {
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
  let isRound = false;
  let seen = 0;
  for (let at = params + 1; at < index.count; at++) {
    if (index.parent[at] !== params) continue;
    const name = opening.nameAt(at);
    if (name === 'requestState' || name === 'inputResponses') isRound = true;
    if (name === '_meta') {
      metaAt = at;
    } else if (known !== undefined && Object.hasOwn(known.fields, name)) {
      if (!isOfKind(opening, at, known.fields[name] as FieldKind)) return opening.refuse('bad_params', 'field_type');
      if (known.required.includes(name)) seen++;
      if (name === known.mirrors) mirrored = at;
    }
  }
  if (metaAt < 0 || opening.kindAt(metaAt) !== 0x7b) return opening.refuse('bad_params', 'meta');
  const { version, capabilities, foreign } = readMeta(opening, metaAt);
  if (known !== undefined && seen < known.required.length) return opening.refuse('bad_params', 'field_missing');
  if (mirrored >= 0 && opening.stringAt(mirrored).includes('\0')) return opening.refuse('bad_params', 'nul_in_name');
  return { at: metaAt, version, capabilities, foreign, mirrored, isRound };
}

function readMeta(opening: Opening, metaAt: number): Pick<Meta, 'version' | 'capabilities' | 'foreign'> {
  const { index } = opening;
  let version: string | undefined;
  let capabilities = -1;
  let foreign: ForeignKey[] | undefined;
  for (let at = metaAt + 1; at < index.count; at++) {
    if (index.parent[at] !== metaAt) continue;
    const name = opening.nameAt(at);
    const kind = META_KINDS.get(name);
    if (kind !== undefined && !isOfKind(opening, at, kind)) return opening.refuse('bad_params', 'meta_type');
    if (name === META_VERSION) version = opening.stringAt(at);
    else if (name === META_CAPABILITIES) capabilities = at;
    else if (kind === undefined && !META_PASSED.has(name)) {
      const start = (index.nameStart[at] as number) - 1;
      (foreign ??= []).push({ name, start, end: index.valueEnd[at] as number });
    }
  }
  if (version === undefined) return opening.refuse('bad_params', 'meta_version');
  if (capabilities < 0) return opening.refuse('bad_params', 'meta_capabilities');
  return { version, capabilities, foreign: foreign ?? NO_FOREIGN };
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
