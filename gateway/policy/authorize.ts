// Looks up whether the caller may do this: every method, by what its body says it touches.
import type { Enveloped, OpenedTask, Permit, Permitted, Principal } from '../exchange.ts';
import { APPS_EXTENSION, isAppsResource } from '../mcp/apps.ts';
import { type Edit, NO_EDITS } from '../mcp/edits.ts';
import type { Envelope } from '../mcp/envelope.ts';
import { TASKS_EXTENSION } from '../mcp/methods.ts';
import { cutListenFilter } from '../mcp/read-listen.ts';
import { readTarget, type Target } from '../mcp/read-target.ts';
import { type DecisionNote, refuse } from '../refusal.ts';
import { type AccessView, makeAccessView } from './access-view.ts';
import { type CompiledAccess, compileAccess, type EndpointAccess } from './compile-access.ts';
import { cutListening, type Existing } from './cut-listening.ts';
import { type Decision, NO_RULE, type NotAllowed } from './decide.ts';
import { decideTarget } from './decide-target.ts';
import { makeFacts } from './request-facts.ts';
import { findShadowDifference, type ShadowDifference } from './shadow.ts';

export interface AuthorizeSettings {
  /** By path. */
  readonly endpoints: ReadonlyMap<string, EndpointAccess>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** What the task id of a request says once it is opened; undefined for one that this caller did not get from us. */
  openTask(request: Enveloped): OpenedTask | undefined;
  /** Whether the server has a tool or prompt of this name; asked only where the endpoint hides what it denies. */
  knows(request: Enveloped, kind: 'tool' | 'prompt', name: string): boolean | Promise<boolean>;
  /** Told of every decision: the rule's id or `none`, and `allowed`, `denied`, `no_rule` or `scopes`. */
  readonly onDecision?: (rule: string, decision: string) => void;
  /** Told when rules in shadow mode would have changed the answer. */
  readonly onShadow?: (request: Enveloped, difference: ShadowDifference) => void;
}

export interface Authorization {
  /**
   * The stage that authorizes.
   *
   * @throws Refusal unknown_method for an extension that the caller was not granted, capability_missing when it is not declared;
   *   bad_params when what the request touches cannot be read, or `_meta` holds what it may not; state_invalid for a task the
   *   caller did not begin; scope_missing, or token_absent where a token could bring the scope; denied, or unknown_name where the
   *   endpoint hides what it denies
   */
  readonly authorize: (request: Enveloped) => Permitted | Promise<Permitted>;
  /** What an answer to this request may show its caller. */
  readonly viewOf: (request: Permitted) => AccessView;
}

const OPEN_GATE = 'open-gate';

export function makeAuthorization(settings: AuthorizeSettings): Authorization {
  const gates = new Map([...settings.endpoints].map(([path, access]) => [path, compileAccess(access)]));
  const gateOf = ({ endpoint }: Enveloped): CompiledAccess =>
    gates.get(endpoint.path) ?? refuse('denied', { reason: 'no_access' });

  /** Where the endpoint hides what it denies, a name that is allowed and does not exist must look the same as one that is denied. */
  function requireKnown(request: Enveloped, target: Target, permitted: Permitted): Permitted | Promise<Permitted> {
    const [name] = target.touches === 'names' ? target.names : [];
    if (target.touches !== 'names' || name === undefined) return permitted;
    if (target.kind !== 'tool' && target.kind !== 'prompt') return permitted;
    const knows = settings.knows(request, target.kind, name);
    const conclude = (known: boolean): Permitted =>
      known ? permitted : refuse('unknown_name', { reason: 'not_there' });
    return knows === true ? permitted : knows === false ? conclude(false) : knows.then(conclude);
  }

  function note(gate: CompiledAccess, decision: Decision): DecisionNote {
    const outcome = decision.allowed ? 'allowed' : decision.why;
    const rule = decision.rule ?? 'none';
    settings.onDecision?.(rule, outcome);
    return { outcome, rule, policy: gate.digest };
  }

  return {
    authorize(request) {
      const gate = gateOf(request);
      const { envelope, principal, body } = request;
      const edits = joinEdits(gate.governMeta(envelope), gate.extensions.govern(principal, envelope));
      const target = readTarget(envelope, body);
      const task = target.touches === 'task' ? settings.openTask(request) : undefined;
      if (target.touches === 'task' && task === undefined) refuse('state_invalid', { reason: 'task' });
      const isUnknown = touchesApps(target) && !gate.extensions.grants(principal, APPS_EXTENSION);
      if (gate.rules === undefined) {
        const decision: Decision = isUnknown ? NO_RULE : { allowed: true, rule: OPEN_GATE };
        const noted = note(gate, decision);
        if (!decision.allowed) return refuseDecided(gate.access, principal, decision, target, noted);
        const cut = envelope.method.listens ? cutToExisting(request, toExisting(gate, request)) : NO_EDITS;
        return permit(request, gate, OPEN_GATE, { edits: joinEdits(edits, cut), task });
      }
      const facts = makeFacts(request, settings.nowMs(), task);
      const decision = isUnknown ? NO_RULE : decideTarget(gate.rules, principal, target, facts);
      const noted = note(gate, decision);
      if (gate.candidates !== undefined && !isUnknown) {
        const difference = findShadowDifference(gate.candidates, decision, principal, target, facts);
        if (difference !== undefined) settings.onShadow?.(request, difference);
      }
      if (!decision.allowed) return refuseDecided(gate.access, principal, decision, target, noted);
      if (envelope.method.listens) {
        const cut = cutListening(gate.rules, request, settings.nowMs(), toExisting(gate, request));
        if (!('asked' in cut)) return refuseDecided(gate.access, principal, cut, target, noted);
        return permit(request, gate, decision.rule, { edits: joinEdits(edits, cut.edits), task });
      }
      const permitted = permit(request, gate, decision.rule, { edits, task });
      return gate.access.onDeny === 'hide' ? requireKnown(request, target, permitted) : permitted;
    },
    viewOf(request) {
      return makeAccessView(gateOf(request), request, settings.nowMs);
    },
  };
}

function permit(request: Enveloped, gate: CompiledAccess, rule: string, more: Extra): Permitted {
  const edits = joinEdits(request.edits, more.edits);
  return { ...request, edits, task: more.task, permit: { rule, policy: gate.digest } as Permit };
}

interface Extra {
  readonly edits: readonly Edit[];
  readonly task: OpenedTask | undefined;
}

/** What there is to hear of where every extension that is not granted does not exist. */
function toExisting({ extensions }: CompiledAccess, { envelope, principal }: Enveloped): Existing {
  const hasApps = extensions.grants(principal, APPS_EXTENSION);
  return {
    resource: (uri) => hasApps || !isAppsResource(uri),
    tasks: extensions.grants(principal, TASKS_EXTENSION) && declares(envelope, TASKS_EXTENSION),
  };
}

function cutToExisting({ body, envelope }: Enveloped, { resource, tasks }: Existing): readonly Edit[] {
  const may = { allowsKind: () => true, showsResource: resource, allowsTasks: tasks };
  return cutListenFilter(body, envelope.paramsStart, may).edits;
}

function declares({ extensions }: Envelope, id: string): boolean {
  return extensions.some(({ name }) => name === id);
}

/** Without the Apps extension there are no such resources, whatever rules say of them. */
function touchesApps(target: Target): boolean {
  if (target.touches !== 'names' || (target.kind !== 'resource' && target.kind !== 'template')) return false;
  return target.names.some(isAppsResource);
}

function joinEdits(some: readonly Edit[], more: readonly Edit[]): readonly Edit[] {
  if (some.length === 0) return more.length === 0 ? NO_EDITS : more;
  return more.length === 0 ? some : [...some, ...more];
}

/** A list has no name that could be unknown, so it is never hidden. */
function refuseDecided(
  access: EndpointAccess,
  principal: Principal,
  decision: NotAllowed,
  target: Target,
  noted: DecisionNote,
): never {
  if (decision.scopes !== undefined) {
    if (principal.kind === 'anonymous') {
      refuse('token_absent', { reason: 'scopes', headers: access.challengeAbsent(decision.scopes), decision: noted });
    }
    refuse('scope_missing', { reason: 'scopes', headers: access.challenge(decision.scopes), decision: noted });
  }
  const hides = access.onDeny === 'hide' && target.touches !== 'lists';
  return refuse(hides ? 'unknown_name' : 'denied', { reason: decision.fault ?? decision.why, decision: noted });
}
