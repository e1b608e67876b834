// What the gateway knows of one upstream's tools and prompts, from lists it reads itself and lists that pass through it.
import type { Enveloped, Routed } from '../exchange.ts';
import { METHODS, type Method } from '../mcp/methods.ts';
import {
  type AnnotationFault,
  NO_ANNOTATIONS,
  readAnnotations,
  type ToolAnnotations,
} from '../mcp/param-annotations.ts';
import { CatalogList, type Knowledge } from './catalog-list.ts';
import type { Credential } from './credential.ts';
import { fetchList } from './fetch-list.ts';
import type { ListKind } from './list-page.ts';
import { type StartTimer, startTimer as startRealTimer } from './start-timer.ts';
import type { Upstream } from './upstream.ts';

export interface CatalogSettings {
  readonly upstream: Upstream;
  /** What proves the gateway there; undefined: nothing is needed. */
  readonly credential: Credential | undefined;
  /** The credential is made from a caller, so that lists can only be read on behalf of one, and may differ between two. */
  readonly needsCaller: boolean;
  /** `forward`: nothing is read, and headers go on unchecked. */
  readonly paramHeaders: 'check' | 'forward';
}

export interface CatalogDeps {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Told when a tool is found out whose annotations no client may use. */
  readonly onInvalidTool?: (upstream: string, tool: string, why: AnnotationFault) => void;
  readonly startTimer?: StartTimer;
}

export type AllNames = readonly (readonly [kind: 'tool' | 'prompt', name: string])[];

export interface Catalog {
  readonly settings: CatalogSettings;
  /** True when headers are held against schemas. */
  readonly checks: boolean;
  /** Reads the tools for the first time, where no caller is needed. Resolves when that is over; never rejects. */
  start(): Promise<void>;
  /**
   * Remembers one tool of a list that passes through.
   *
   * @param tool its bytes, out of a strictly checked message; undefined where the list holds no annotations (`mayHoldAnnotations`)
   * @returns what they say of headers; an invalid tool must be left out of the list
   */
  learnTool(name: string, tool: Buffer | undefined): ToolAnnotations;
  learnPrompt(name: string): void;
  findTool(name: string): ToolAnnotations | undefined;
  findPrompt(name: string): boolean;
  /** Finds a tool that is about to be called; reads the list once when it is not known. Never rejects. */
  requireTool(name: string, caller: Enveloped): ToolAnnotations | undefined | Promise<ToolAnnotations | undefined>;
  /** True when the whole list was read last time, so that a tool that is not known does not exist. */
  readonly hasAllTools: boolean;
  /** Every tool and prompt; undefined while they are not all known, which asking changes before long where that can be. */
  readonly allNames: AllNames | undefined;
  knowsTool(name: string, caller: Enveloped): Knowledge | Promise<Knowledge>;
  knowsPrompt(name: string, caller: Enveloped): Knowledge | Promise<Knowledge>;
  /** Something did not fit what is known of the tools: reads them again soon, in the background. */
  doubtTools(caller: Enveloped): void;
}

/** Callers whose lists may differ share the right to ask for a reading in so many groups, so that none uses it up for all. */
const CALLER_GROUPS = 16;

/** A fixed secret looks at no request. */
const NO_REQUEST = {} as Routed;

/** Holds no timer and sends nothing before it is asked; requests under way end with the upstream. */
export function makeCatalog(settings: CatalogSettings, deps: CatalogDeps): Catalog {
  const { upstream, needsCaller } = settings;
  const { now, random, onInvalidTool, startTimer = startRealTimer } = deps;
  const checks = settings.paramHeaders === 'check';
  let started: Promise<void> | undefined;

  function makeList<T>(kind: ListKind, toValue: (name: string, item: Buffer) => T): CatalogList<T, Enveloped> {
    const method = METHODS.get(`${kind}/list`) as Method;
    return new CatalogList<T, Enveloped>({
      fetch: (caller, onItem) =>
        fetchList({
          upstream,
          kind,
          prove: makeProve(settings, method, caller),
          startTimer,
          onItem: (name, item) => onItem(name, toValue(name, item)),
        }),
      groups: needsCaller ? CALLER_GROUPS : 1,
      groupOf: (caller) => (needsCaller && caller !== undefined ? toGroup(caller) : 0),
      now,
      random,
    });
  }

  function readTool(name: string, tool: Buffer): ToolAnnotations {
    const annotations = readAnnotations(tool);
    if (!annotations.valid && tools.find(name)?.valid !== false) onInvalidTool?.(upstream.name, name, annotations.why);
    return annotations;
  }

  const tools: CatalogList<ToolAnnotations, Enveloped> = makeList('tools', readTool);
  const prompts = makeList('prompts', () => true);
  const joinNames = makeJoinNames();

  return {
    settings,
    checks,
    start() {
      started ??= checks && !needsCaller ? tools.refresh(undefined) : Promise.resolve();
      return started;
    },
    learnTool(name, tool) {
      const annotations = checks && tool !== undefined ? readTool(name, tool) : NO_ANNOTATIONS;
      tools.learn(name, annotations);
      return annotations;
    },
    learnPrompt: (name) => prompts.learn(name, true),
    findTool: (name) => tools.find(name),
    findPrompt: (name) => prompts.find(name) === true,
    requireTool: (name, caller) => (checks ? tools.require(name, caller) : tools.find(name)),
    get hasAllTools() {
      return checks && tools.isWhole(undefined);
    },
    get allNames() {
      return checks ? joinNames(tools.allNames(), prompts.allNames()) : undefined;
    },
    knowsTool: (name, caller) => (checks ? tools.judge(name, caller) : toGuess(tools.find(name))),
    knowsPrompt: (name, caller) => (checks ? prompts.judge(name, caller) : toGuess(prompts.find(name))),
    doubtTools(caller) {
      if (checks) void tools.refresh(caller);
    },
  };
}

/** Joined once for the same lists. */
function makeJoinNames() {
  let joined:
    | { readonly tools: readonly string[]; readonly prompts: readonly string[]; readonly all: AllNames }
    | undefined;
  return (tools: readonly string[] | undefined, prompts: readonly string[] | undefined): AllNames | undefined => {
    if (tools === undefined || prompts === undefined) return undefined;
    if (joined?.tools !== tools || joined.prompts !== prompts) {
      const all = [
        ...tools.map((name) => ['tool', name] as const),
        ...prompts.map((name) => ['prompt', name] as const),
      ];
      joined = { tools, prompts, all };
    }
    return joined.all;
  };
}

const toGuess = (found: unknown): Knowledge => (found === undefined ? 'unsure' : 'known');

function makeProve({ credential, upstream }: CatalogSettings, method: Method, caller: Enveloped | undefined) {
  return (body: Buffer): readonly string[] | Promise<readonly string[]> => {
    if (credential === undefined) return [];
    if (caller === undefined) return credential(NO_REQUEST);
    // What a credential reads of a request: the caller, and what is sent.
    const envelope = { ...caller.envelope, method, name: undefined };
    return credential({ ...caller, envelope, body, upstream: upstream.name } as unknown as Routed);
  };
}

/** The same caller is always in the same group; chance spreads the others (FNV-1a). */
function toGroup({ principal }: Enveloped): number {
  let hash = 0x811c9dc5;
  for (const text of [principal.issuer, principal.subject]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % CALLER_GROUPS;
}
