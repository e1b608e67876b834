// Reads from a tool's schema which of its arguments a call repeats in `Mcp-Param-*` headers (server/tools, "x-mcp-header").
import { findMember, readString, skipValue, walkItems, walkMembers } from './json-walk.ts';
import { foldParamKey } from './mirrored-headers.ts';

export type ParamType = 'string' | 'integer' | 'boolean';

export interface ParamAnnotation {
  /** The name behind `Mcp-Param-`, lower case. */
  readonly key: string;
  /** Names of members that lead from `arguments` to the value. */
  readonly path: readonly string[];
  readonly type: ParamType;
}

/** Fixed words, for the log. */
export type AnnotationFault =
  | 'place' // not on a property that `properties` alone lead to
  | 'name' // not a token (RFC 9110 section 5.6.2)
  | 'type' // not on a string, an integer or a boolean
  | 'repeated' // two of one name, as some server would read it
  | 'bounds'; // more, longer or deeper than any honest tool has

export interface ValidAnnotations {
  readonly valid: true;
  readonly params: readonly ParamAnnotation[];
  readonly places: ParamPlaces;
}

export type ToolAnnotations = ValidAnnotations | { readonly valid: false; readonly why: AnnotationFault };

/** The annotated arguments as a tree, so that a call's arguments are walked once, however many are annotated. */
export interface ParamPlaces {
  /** Index in `params` of the argument that stands here, or -1. */
  readonly index: number;
  readonly members: ReadonlyMap<string, ParamPlaces>;
}

const KEYWORD = 'x-mcp-header';
const KEYWORD_BYTES = Buffer.from(KEYWORD);
const ESCAPE = Buffer.from('\\u00');
/** What the letters of the keyword begin with when they are escaped. */
const LETTER_ESCAPES: readonly Buffer[] = ['\\u002', '\\u006', '\\u007'].map((text) => Buffer.from(text));
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const MAX_NAME = 128;
const MAX_PARAMS = 64;
/** Of all paths of one tool together. */
const MAX_PATH_LENGTH = 4096;
const TYPES: ReadonlySet<string> = new Set<ParamType>(['string', 'integer', 'boolean']);

/** Their values are no schemas (JSON Schema Validation 2020-12, sections 6.1 and 9). */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);
/** The members of their values are named by the server, like those of `properties`. */
const NAMED: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
]);

export const NO_ANNOTATIONS: ValidAnnotations = { valid: true, params: [], places: { index: -1, members: new Map() } };

/**
 * Finds all annotations of one tool, in linear time. One at any place but on a property of a simple type that a chain of
 * `properties` leads to makes the whole tool invalid (basic/transports/streamable-http, "Schema Extension"). Names count as
 * repeated as they do in requests: without case, and with `_` as `-`.
 *
 * @param tool one item of `result.tools`, without blanks around it, out of a text that `scanJson` accepted
 */
export function readAnnotations(tool: Buffer): ToolAnnotations {
  if (!mayHoldAnnotations(tool)) return NO_ANNOTATIONS;
  const schema = findMember(tool, 0, 'inputSchema');
  return schema === undefined ? NO_ANNOTATIONS : new SchemaReader(tool).read(schema.start);
}

/** False when no tool in this text can have an annotation, in whatever spelling; for one tool, or a whole list in one go. */
export function mayHoldAnnotations(text: Buffer): boolean {
  if (text.includes(KEYWORD_BYTES)) return true;
  return text.includes(ESCAPE) && LETTER_ESCAPES.some((escape) => text.includes(escape));
}

/** True when both mean the same headers of the same arguments. */
export function sameAnnotations(a: ToolAnnotations, b: ToolAnnotations): boolean {
  if (a === b) return true;
  if (!a.valid || !b.valid) return a.valid === b.valid;
  return a.params.length === b.params.length && a.params.every((param, at) => sameParam(param, b.params[at]));
}

function sameParam(a: ParamAnnotation, b: ParamAnnotation | undefined): boolean {
  if (b === undefined || a.key !== b.key || a.type !== b.type || a.path.length !== b.path.length) return false;
  return a.path.every((name, at) => name === b.path[at]);
}

/** Where the value of a keyword stands, quotes included; `start` -1: nowhere. */
interface Place {
  start: number;
  end: number;
}

class SchemaReader {
  private readonly text: Buffer;
  private readonly path: string[] = [];
  private readonly params: ParamAnnotation[] = [];
  private readonly keys = new Set<string>();
  private pathLength = 0;
  private fault: AnnotationFault | undefined;

  constructor(text: Buffer) {
    this.text = text;
  }

  read(start: number): ToolAnnotations {
    this.readSchema(start, true);
    if (this.fault !== undefined) return { valid: false, why: this.fault };
    if (this.params.length === 0) return NO_ANNOTATIONS;
    // Servers may list properties in any order.
    const params = this.params.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { valid: true, params, places: toPlaces(params) };
  }

  /** @returns behind the schema, which may be any value where a keyword is not known */
  private readSchema(start: number, isReachable: boolean): number {
    const { text } = this;
    if (text[start] === 0x5b) return walkItems(text, start, (item) => this.readSchema(item, false));
    if (text[start] !== 0x7b) return skipValue(text, start);
    const header: Place = { start: -1, end: -1 };
    const type: Place = { start: -1, end: -1 };
    const behind = walkMembers(text, start, (nameStart, nameEnd, value) => {
      const name = readString(text, nameStart, nameEnd);
      if (name === KEYWORD || name === 'type') {
        const place = name === KEYWORD ? header : type;
        place.start = value;
        place.end = skipValue(text, value);
        return place.end;
      }
      if (DATA.has(name)) return skipValue(text, value);
      const isNamed = name === 'properties' || NAMED.has(name);
      if (!isNamed || text[value] !== 0x7b) return this.readSchema(value, false);
      return this.readNamed(value, isReachable && name === 'properties');
    });
    if (header.start >= 0) this.add(header, type, isReachable && this.path.length > 0);
    return behind;
  }

  private readNamed(start: number, isReachable: boolean): number {
    const { text, path } = this;
    return walkMembers(text, start, (nameStart, nameEnd, value) => {
      path.push(isReachable ? readString(text, nameStart, nameEnd) : '');
      const end = this.readSchema(value, isReachable);
      path.pop();
      return end;
    });
  }

  private add(header: Place, type: Place, isReachable: boolean): void {
    const name = this.readText(header);
    const kind = this.readText(type);
    const key = name?.toLowerCase() ?? '';
    for (const step of isReachable ? this.path : []) this.pathLength += step.length;
    if (!isReachable) this.fault ??= 'place';
    else if (name === undefined || !TOKEN.test(name)) this.fault ??= 'name';
    else if (!isParamType(kind)) this.fault ??= 'type';
    else if (this.keys.has(foldParamKey(key))) this.fault ??= 'repeated';
    else if (name.length > MAX_NAME || this.params.length === MAX_PARAMS) this.fault ??= 'bounds';
    else if (this.pathLength > MAX_PATH_LENGTH) this.fault ??= 'bounds';
    else this.params.push({ key, path: [...this.path], type: kind });
    this.keys.add(foldParamKey(key));
  }

  private readText({ start, end }: Place): string | undefined {
    return start >= 0 && this.text[start] === 0x22 ? readString(this.text, start, end) : undefined;
  }
}

function isParamType(kind: string | undefined): kind is ParamType {
  return kind !== undefined && TYPES.has(kind);
}

interface GrowingPlaces extends ParamPlaces {
  index: number;
  readonly members: Map<string, GrowingPlaces>;
}

function toPlaces(params: readonly ParamAnnotation[]): ParamPlaces {
  const root: GrowingPlaces = { index: -1, members: new Map() };
  for (const [index, { path }] of params.entries()) {
    let place = root;
    for (const name of path) {
      let next = place.members.get(name);
      if (next === undefined) {
        next = { index: -1, members: new Map() };
        place.members.set(name, next);
      }
      place = next;
    }
    place.index = index;
  }
  return root;
}
