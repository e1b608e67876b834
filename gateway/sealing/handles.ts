// Handles: which values in the results of tools are sealed, and where in the arguments of tools they come back.
import { compileNamePattern, matchesAny, type NamePattern } from '../mcp/name-pattern.ts';
import { type Caller, toClaimBinding, toUserBinding } from './binding.ts';
import { compileClaimValue } from './claim-value.ts';
import { compilePointer, type JsonPointer } from './json-pointer.ts';

/** One configured handle. */
export interface HandleSettings {
  /** Glob of the tools whose result holds it. */
  readonly tool: string;
  /** Glob of endpoint paths; undefined: all. */
  readonly endpoint: string | undefined;
  /** JSON Pointer into the result. */
  readonly result: string;
  readonly opens: readonly { readonly tool: string; readonly argument: string }[];
  readonly bind: { readonly by: 'principal' } | { readonly by: 'claim'; readonly claim: string };
  readonly ttlMs: number;
  /** True: a value that was not sealed is refused. */
  readonly required: boolean;
}

/** One configured handle, ready for use. */
export interface HandleRule {
  /** The tools whose results it seals. */
  readonly fitsTool: NamePattern;
  readonly result: JsonPointer;
  readonly ttlMs: number;
  readonly required: boolean;
  /** What a seal for this caller is bound to. */
  readonly toBinding: (caller: Caller) => string;
}

/** A place in the arguments of some tools, and the handles that may come back there. */
export interface OpeningPlace {
  readonly argument: JsonPointer;
  readonly rules: readonly HandleRule[];
  /** One of the rules is. */
  readonly required: boolean;
}

/** The handles of one endpoint. */
export interface EndpointHandles {
  /** What to seal in a result of this tool. */
  findSealed(tool: string): readonly HandleRule[];
  /** What to open in the arguments of this tool; no two places are the same. */
  findOpened(tool: string): readonly OpeningPlace[];
}

const NO_RULES: readonly HandleRule[] = [];
const NO_PLACES: readonly OpeningPlace[] = [];
const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_NAME = 256;

/**
 * @param path of the endpoint
 * @throws TypeError for a malformed pointer
 */
export function compileHandles(settings: readonly HandleSettings[], path: string): EndpointHandles {
  const here = settings.filter(({ endpoint }) =>
    matchesAny(endpoint === undefined ? [] : [compileNamePattern(endpoint)], path),
  );
  const compiled = here.map((handle) => ({ rule: compileRule(handle), opens: handle.opens }));
  const rules = compiled.map(({ rule }) => rule);
  const opens = compiled.flatMap(({ rule, opens: places }) =>
    places.map(({ tool, argument }) => ({ fitsTool: compileNamePattern(tool), argument, rule })),
  );
  const pointers = new Map(opens.map(({ argument }) => [argument, compilePointer(argument)]));
  if (rules.length === 0) return { findSealed: () => NO_RULES, findOpened: () => NO_PLACES };
  return {
    findSealed: remember((tool) => rules.filter(({ fitsTool }) => fitsTool(tool))),
    findOpened: remember((tool) => {
      const places = new Map<string, HandleRule[]>();
      for (const { fitsTool, argument, rule } of opens) {
        if (!fitsTool(tool)) continue;
        const present = places.get(argument);
        if (present === undefined) places.set(argument, [rule]);
        else present.push(rule);
      }
      return [...places].map(([argument, fitting]) => ({
        argument: pointers.get(argument) as JsonPointer,
        rules: fitting,
        required: fitting.some(({ required }) => required),
      }));
    }),
  };
}

/** Answers for the first tools that are asked for are kept, so that most calls cost one look-up however many handles there are. */
function remember<T extends object>(find: (tool: string) => T): (tool: string) => T {
  const known = new Map<string, T>();
  return (tool) => {
    const remembered = known.get(tool);
    if (remembered !== undefined) return remembered;
    const found = find(tool);
    if (known.size < MAX_REMEMBERED && tool.length <= MAX_REMEMBERED_NAME) known.set(tool, found);
    return found;
  };
}

function compileRule({ tool, result, bind, ttlMs, required }: HandleSettings): HandleRule {
  const fitsTool = compileNamePattern(tool);
  return { fitsTool, result: compilePointer(result), ttlMs, required, toBinding: compileBinding(bind) };
}

/** Who lacks the claim shares with nobody. */
function compileBinding(bind: HandleSettings['bind']): (caller: Caller) => string {
  if (bind.by === 'principal') return toUserBinding;
  const { claim } = bind;
  const findValue = compileClaimValue(claim);
  return (caller) => {
    const value = findValue(caller.principal.claims);
    return value === undefined ? toUserBinding(caller) : toClaimBinding(caller, claim, value);
  };
}
