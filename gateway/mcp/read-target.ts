// Reads what a request wants to touch: names from the body, never from headers, and only where the method has some.
import { refuse } from '../refusal.ts';
import type { Envelope } from './envelope.ts';
import type { JsonLimits } from './json-fault.ts';
import { decodeName, type JsonIndex, ROOT } from './json-index.ts';
import { isJsonFault, scanJson } from './strict-json.ts';

/** What a rule can name. */
export type NamedKind = 'tool' | 'prompt' | 'resource';

export type Target =
  | { readonly touches: 'names'; readonly kind: NamedKind | 'template'; readonly names: readonly string[] }
  /** Lists of these kinds, or notice of their changes. */
  | { readonly touches: 'lists'; readonly kinds: readonly NamedKind[] }
  /** A task, whose id does not say yet which tool began it. */
  | { readonly touches: 'task' };

/** One stream for more resources than this is not a subscription but a flood of decisions, made in one go. */
const MAX_SUBSCRIPTIONS = 1000;
const MAX_SUBSCRIPTION_BYTES = 64 * 1024;

const LISTS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ['server/discover', { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] }],
  ['tools/list', { touches: 'lists', kinds: ['tool'] }],
  ['prompts/list', { touches: 'lists', kinds: ['prompt'] }],
  ['resources/list', { touches: 'lists', kinds: ['resource'] }],
  ['resources/templates/list', { touches: 'lists', kinds: ['resource'] }],
  ['tasks/get', { touches: 'task' }],
  ['tasks/update', { touches: 'task' }],
  ['tasks/cancel', { touches: 'task' }],
]);

const LISTENING: Target = { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] };

/** The text was checked as part of the whole body; what was let through there is let through here. */
const CHECKED: JsonLimits = { maxDepth: 64, maxMembers: Number.MAX_SAFE_INTEGER, notedDepth: 2 };

/**
 * @param envelope the opened envelope of `body`
 * @returns what the request touches: the tool, prompt or resource; for `completion/complete` what its `ref` names; for
 *   `subscriptions/listen` the URIs of `resourceSubscriptions`, or lists when there are none. `taskIds` are left to sealing.
 * @throws Refusal bad_params when a `ref` or a subscription is malformed or ambiguous; unknown_method for a method that nobody
 *   said what it touches
 */
export function readTarget(envelope: Envelope, body: Buffer): Target {
  const { name } = envelope;
  switch (envelope.method.name) {
    case 'tools/call':
      return toNamed('tool', name ?? refuse('bad_params', { reason: 'name' }));
    case 'prompts/get':
      return toNamed('prompt', name ?? refuse('bad_params', { reason: 'name' }));
    case 'resources/read':
      return toNamed('resource', name ?? refuse('bad_params', { reason: 'uri' }));
    case 'completion/complete':
      return readRef(Params.of(envelope, body));
    case 'subscriptions/listen':
      return readSubscriptions(Params.of(envelope, body));
    default:
      return LISTS.get(envelope.method.name) ?? refuse('unknown_method', { reason: 'no_target' });
  }
}

function toNamed(kind: NamedKind | 'template', name: string): Target {
  return { touches: 'names', kind, names: [name] };
}

/** A `ref` that names both a prompt and a resource would be read by its type here and by its fields elsewhere. */
function readRef(params: Params): Target {
  const ref = params.find(ROOT, 'ref');
  const type = params.findString(ref, 'type');
  const name = params.findString(ref, 'name');
  const uri = params.findString(ref, 'uri');
  if (type === 'ref/prompt' && name !== undefined && uri === undefined && !name.includes('\0')) {
    return toNamed('prompt', name);
  }
  if (type === 'ref/resource' && uri !== undefined && name === undefined) return toNamed('template', uri);
  return refuse('bad_params', { reason: 'ref' });
}

function readSubscriptions(params: Params): Target {
  const filter = params.find(ROOT, 'notifications');
  const at = filter < 0 ? -1 : params.find(filter, 'resourceSubscriptions');
  if (at < 0) return LISTENING;
  const names = params.readStrings(at) ?? refuse('bad_params', { reason: 'subscriptions' });
  return names.length === 0 ? LISTENING : { touches: 'names', kind: 'resource', names };
}

/** The value of `params`, scanned once more by itself; its members stand at `ROOT`. */
class Params {
  private readonly text: Buffer;
  private readonly index: JsonIndex;

  private constructor(text: Buffer, index: JsonIndex) {
    this.text = text;
    this.index = index;
  }

  static of({ paramsStart, paramsEnd }: Envelope, body: Buffer): Params {
    const text = body.subarray(paramsStart, paramsEnd);
    const index = scanJson(text, CHECKED);
    if (isJsonFault(index)) return refuse('bad_params', { reason: 'params' });
    return new Params(text, index);
  }

  /** The member of this name, or -1. */
  find(parent: number, name: string): number {
    const { index, text } = this;
    for (let at = 0; at < index.count; at++) {
      if (index.parent[at] !== parent) continue;
      const [start, end] = [index.nameStart[at] as number, index.nameEnd[at] as number];
      if (decodeName(text, start, end, index.nameEscaped[at] === 1) === name) return at;
    }
    return -1;
  }

  /**
   * @returns undefined when there is no such member
   * @throws Refusal bad_params when it is not a string
   */
  findString(parent: number, name: string): string | undefined {
    const at = parent < 0 ? -1 : this.find(parent, name);
    if (at < 0) return undefined;
    const start = this.index.valueStart[at] as number;
    if (this.text[start] !== 0x22) refuse('bad_params', { reason: 'field_type' });
    return this.decode(start, this.index.valueEnd[at] as number);
  }

  /** An array of strings; undefined for any other value and for one too long. */
  readStrings(member: number): readonly string[] | undefined {
    const { text, index } = this;
    const end = index.valueEnd[member] as number;
    let at = index.valueStart[member] as number;
    if (text[at] !== 0x5b || end - at > MAX_SUBSCRIPTION_BYTES) return undefined;
    const strings: string[] = [];
    for (at++; at < end; at++) {
      const unit = text[at] as number;
      if (unit === 0x22) {
        const start = at;
        at = findStringEnd(text, start);
        if (strings.push(this.decode(start, at + 1)) > MAX_SUBSCRIPTIONS) return undefined;
      } else if (!isBetween(unit)) {
        return undefined;
      }
    }
    return strings;
  }

  private decode(start: number, end: number): string {
    const literal = this.text.toString('utf8', start, end);
    return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  }
}

/** The closing quote of the string that opens here. */
function findStringEnd(text: Buffer, start: number): number {
  let at = start + 1;
  while (text[at] !== 0x22) at += text[at] === 0x5c ? 2 : 1;
  return at;
}

/** What may stand between the strings of a valid array: comma, white space, the closing bracket. */
function isBetween(unit: number): boolean {
  return unit === 0x2c || unit === 0x5d || unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
}
