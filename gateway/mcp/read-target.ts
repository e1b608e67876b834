// Reads what a request wants to touch: names from the body, never from headers, and only where the method has some.
import { refuse } from '../refusal.ts';
import type { Envelope } from './envelope.ts';
import { findMember, readString } from './json-walk.ts';

/** What a rule can name. */
export type NamedKind = 'tool' | 'prompt' | 'resource';

export type Target =
  | { readonly touches: 'names'; readonly kind: NamedKind | 'template'; readonly names: readonly string[] }
  /** Lists of these kinds, or notice of their changes. */
  | { readonly touches: 'lists'; readonly kinds: readonly NamedKind[] }
  /** A task, by an id that says to the gateway alone which tool began it. */
  | { readonly touches: 'task' };

const LISTS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ['server/discover', { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] }],
  ['subscriptions/listen', { touches: 'lists', kinds: ['tool', 'prompt', 'resource'] }],
  ['tools/list', { touches: 'lists', kinds: ['tool'] }],
  ['prompts/list', { touches: 'lists', kinds: ['prompt'] }],
  ['resources/list', { touches: 'lists', kinds: ['resource'] }],
  ['resources/templates/list', { touches: 'lists', kinds: ['resource'] }],
  ['tasks/get', { touches: 'task' }],
  ['tasks/update', { touches: 'task' }],
  ['tasks/cancel', { touches: 'task' }],
]);

/**
 * @param envelope the opened envelope of `body`
 * @returns what the request touches: the tool, prompt or resource; for `completion/complete` what its `ref` names; what
 *   `subscriptions/listen` asks for is cut, not refused, and so stands here as lists
 * @throws Refusal bad_params when a `ref` is malformed or ambiguous; unknown_method for a method that nobody said what it touches
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
      return readRef(body, envelope.paramsStart);
    default:
      return LISTS.get(envelope.method.name) ?? refuse('unknown_method', { reason: 'no_target' });
  }
}

function toNamed(kind: NamedKind | 'template', name: string): Target {
  return { touches: 'names', kind, names: [name] };
}

/** A `ref` that names both a prompt and a resource would be read by its type here and by its fields elsewhere. */
function readRef(body: Buffer, params: number): Target {
  const ref = findMember(body, params, 'ref');
  if (ref === undefined) return refuse('bad_params', { reason: 'ref' });
  const type = findText(body, ref.start, 'type');
  const name = findText(body, ref.start, 'name');
  const uri = findText(body, ref.start, 'uri');
  if (type === 'ref/prompt' && name !== undefined && uri === undefined && !name.includes('\0')) {
    return toNamed('prompt', name);
  }
  if (type === 'ref/resource' && uri !== undefined && name === undefined) return toNamed('template', uri);
  return refuse('bad_params', { reason: 'ref' });
}

function findText(body: Buffer, open: number, name: string): string | undefined {
  const member = findMember(body, open, name);
  if (member === undefined) return undefined;
  if (body[member.start] !== 0x22) refuse('bad_params', { reason: 'field_type' });
  return readString(body, member.start, member.end);
}
