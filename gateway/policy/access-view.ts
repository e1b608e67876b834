// What an answer may show its caller: the names that rules allow it, and the extensions that exist for it.
import type { Permitted } from '../exchange.ts';
import { isSearchable } from '../mcp/is-searchable.ts';
import type { NamedKind } from '../mcp/read-target.ts';
import type { CompiledAccess } from './compile-access.ts';
import { decide, type Kind } from './decide.ts';
import { decideTarget } from './decide-target.ts';
import { findUris } from './find-uris.ts';
import { makeListFacts } from './request-facts.ts';

export interface AccessView {
  /** There are no rules: everybody may use everything. */
  readonly isOpen: boolean;
  /** True when another caller may see something else, so that no cache may share the answer. */
  readonly dependsOnCaller: boolean;
  /** Whether the caller may use this, as far as that can be said before its arguments are known. */
  readonly shows: (kind: Kind, name: string) => boolean;
  /** Whether the caller may hear that a list of this kind has changed. */
  readonly mayHear: (kind: NamedKind) => boolean;
  /** Whether the extension exists for the caller. */
  readonly grantsExtension: (id: string) => boolean;
  /**
   * Whether a text for people, such as `instructions`, names nothing that is kept from the caller.
   *
   * @param names all tools and prompts the server has; undefined when they are not all known
   */
  readonly showsText: (
    text: string,
    names: readonly (readonly [kind: 'tool' | 'prompt', name: string])[] | undefined,
  ) => boolean;
}

/** Nobody reads more instructions than this, and judging them costs time. */
const MAX_TEXT = 16 * 1024;
const MAX_WORK = 2 ** 26;

export function makeAccessView(gate: CompiledAccess, request: Permitted, nowMs: () => number): AccessView {
  const { rules, extensions } = gate;
  const { principal } = request;
  const grantsExtension = (id: string): boolean => extensions.grants(principal, id);
  if (rules === undefined) {
    return {
      isOpen: true,
      dependsOnCaller: extensions.dependOnCaller,
      shows: () => true,
      mayHear: () => true,
      grantsExtension,
      showsText: () => true,
    };
  }
  const shows = (kind: Kind, name: string): boolean =>
    decide(rules, principal, kind, name, makeListFacts(request, kind, name, nowMs())).allowed;
  return {
    isOpen: false,
    dependsOnCaller: true,
    shows,
    mayHear: (kind) =>
      decideTarget(rules, principal, { touches: 'lists', kinds: [kind] }, makeListFacts(request, kind, '', nowMs()))
        .allowed,
    grantsExtension,
    showsText(text, names) {
      if (names === undefined || text.length > MAX_TEXT || names.length * text.length > MAX_WORK) return false;
      if (!names.every(([, name]) => isSearchable(text.length, name.length))) return false;
      if (names.some(([kind, name]) => text.includes(name) && !shows(kind, name))) return false;
      return findUris(text).every((uri) => shows('resource', uri));
    },
  };
}
