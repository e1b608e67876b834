// Cuts what a listening request asks for to what its caller may hear of.
import type { Enveloped } from '../exchange.ts';
import { type CutListen, cutListenFilter } from '../mcp/read-listen.ts';
import type { CompiledRules } from './compile-rules.ts';
import { decide, type NotAllowed } from './decide.ts';
import { decideTarget } from './decide-target.ts';
import { makeListFacts } from './request-facts.ts';

/** What there is for the caller, whatever rules say. */
export interface Existing {
  readonly resource: (uri: string) => boolean;
  /** The tasks extension is granted and declared. */
  readonly tasks: boolean;
}

/**
 * @returns the cut; or, when nothing asked for is left and only scopes stand before some of it, what lacks them
 * @throws Refusal bad_params when the filter is malformed
 */
export function cutListening(
  rules: CompiledRules,
  request: Enveloped,
  nowMs: number,
  existing: Existing,
): CutListen | NotAllowed {
  const { principal, body, envelope } = request;
  const short: NotAllowed[] = [];
  const cut = cutListenFilter(body, envelope.paramsStart, {
    allowsKind: (kind) =>
      decideTarget(rules, principal, { touches: 'lists', kinds: [kind] }, makeListFacts(request, kind, '', nowMs))
        .allowed,
    showsResource(uri) {
      if (!existing.resource(uri)) return false;
      const decision = decide(rules, principal, 'resource', uri, makeListFacts(request, 'resource', uri, nowMs));
      if (!decision.allowed && decision.why === 'scopes') short.push(decision);
      return decision.allowed;
    },
    allowsTasks: existing.tasks,
  });
  const [first] = short;
  if (first === undefined || hasAny(cut)) return cut;
  return { ...first, scopes: [...new Set(short.flatMap(({ scopes }) => scopes ?? []))].toSorted() };
}

function hasAny({ asked }: CutListen): boolean {
  const { toolsListChanged, promptsListChanged, resourcesListChanged, resources, asksTasks } = asked;
  return toolsListChanged || promptsListChanged || resourcesListChanged || resources.size > 0 || asksTasks;
}
