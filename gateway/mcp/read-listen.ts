// Reads what a `subscriptions/listen` asks to hear of, and cuts it to what its caller may (basic/patterns/subscriptions).
import { refuse } from '../refusal.ts';
import type { Edit } from './edits.ts';
import { eachItem, eachMember, findMember, type Member, readString } from './json-walk.ts';
import type { NamedKind } from './read-target.ts';

/** What a stream is asked to tell of. */
export interface ListenFilter {
  readonly toolsListChanged: boolean;
  readonly promptsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  /** URIs of `resourceSubscriptions`. */
  readonly resources: ReadonlySet<string>;
  /** It names `taskIds`; which, is left to sealing. */
  readonly asksTasks: boolean;
}

/** What a caller may be told of. */
export interface ListenRights {
  readonly allowsKind: (kind: NamedKind) => boolean;
  readonly showsResource: (uri: string) => boolean;
  readonly allowsTasks: boolean;
}

export interface CutListen {
  /** What is left of the filter. */
  readonly asked: ListenFilter;
  /** What must change in the body, so that the server is asked for no more than that. */
  readonly edits: readonly Edit[];
}

/** One stream for more resources than this is not a subscription but a flood of decisions, made in one go. */
const MAX_SUBSCRIPTIONS = 1000;
const MAX_SUBSCRIPTION_BYTES = 64 * 1024;
const NO_URIS: ReadonlySet<string> = new Set();

const CHANGES: ReadonlyMap<string, NamedKind> = new Map<string, NamedKind>([
  ['toolsListChanged', 'tool'],
  ['promptsListChanged', 'prompt'],
  ['resourcesListChanged', 'resource'],
]);

const EVERYTHING: ListenRights = { allowsKind: () => true, showsResource: () => true, allowsTasks: true };

/**
 * @param params where the value of `params` begins in an opened body
 * @throws Refusal bad_params when a field has the wrong type, or names too many resources
 */
export function readListenFilter(body: Buffer, params: number): ListenFilter {
  return cutListenFilter(body, params, EVERYTHING).asked;
}

/**
 * Cuts the filter: kinds of changes that are not allowed, URIs that are not shown, task ids without the extension, and whatever
 * the protocol does not know, which no rule can speak of.
 *
 * @param params where the value of `params` begins in an opened body
 * @throws Refusal bad_params when a field has the wrong type, or names too many resources
 */
export function cutListenFilter(body: Buffer, params: number, rights: ListenRights): CutListen {
  const filter = findMember(body, params, 'notifications');
  if (filter === undefined || body[filter.start] !== 0x7b) return refuse('bad_params', { reason: 'field_missing' });
  const edits: Edit[] = [];
  const changes = new Set<NamedKind>();
  let resources = NO_URIS;
  let asksTasks = false;
  eachMember(body, filter.start, (member) => {
    const { name, nameStart, start, end } = member;
    const kind = CHANGES.get(name);
    if (kind !== undefined) {
      if (!readBoolean(body, member)) return true;
      if (!rights.allowsKind(kind)) edits.push({ start, end, text: 'false' });
      else changes.add(kind);
    } else if (name === 'resourceSubscriptions') {
      resources = cutResources(body, member, rights, edits);
    } else if (name === 'taskIds' && rights.allowsTasks) {
      asksTasks = readStrings(body, member).length > 0;
    } else {
      edits.push({ start: nameStart, end, text: undefined });
    }
    return true;
  });
  const asked = {
    toolsListChanged: changes.has('tool'),
    promptsListChanged: changes.has('prompt'),
    resourcesListChanged: changes.has('resource'),
    resources,
    asksTasks,
  };
  return { asked, edits };
}

function readBoolean(body: Buffer, { start, end }: Member): boolean {
  const literal = body.toString('latin1', start, Math.min(end, start + 6));
  return literal === 'true' || (literal !== 'false' && refuse('bad_params', { reason: 'field_type' }));
}

function cutResources(body: Buffer, member: Member, rights: ListenRights, edits: Edit[]): ReadonlySet<string> {
  const resources = new Set<string>();
  for (const { start, end, value } of readStrings(body, member)) {
    if (rights.showsResource(value)) resources.add(value);
    else edits.push({ start, end, text: undefined });
  }
  return resources;
}

interface Text {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

function readStrings(body: Buffer, { start: open, end: close }: Member): readonly Text[] {
  const texts: Text[] = [];
  if (body[open] !== 0x5b || close - open > MAX_SUBSCRIPTION_BYTES)
    return refuse('bad_params', { reason: 'subscriptions' });
  eachItem(body, open, (start, end) => {
    if (body[start] !== 0x22 || texts.length === MAX_SUBSCRIPTIONS) refuse('bad_params', { reason: 'subscriptions' });
    texts.push({ start, end, value: readString(body, start, end) });
  });
  return texts;
}
