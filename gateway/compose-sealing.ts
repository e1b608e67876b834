// Makes the stage that opens what comes back sealed, out of one configuration.
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Admitted, Enveloped, Opened, OpenedTask } from './exchange.ts';
import type { Edit } from './mcp/edits.ts';
import { decodeFieldValue, encodeFieldValue } from './mcp/header-value.ts';
import type { MirroredHeaders } from './mcp/mirrored-headers.ts';
import type { AccessView } from './policy/access-view.ts';
import { refuse } from './refusal.ts';
import { compileHandles, type EndpointHandles } from './sealing/handles.ts';
import { openHandles, type Replacement } from './sealing/seal-handles.ts';
import type { Seals } from './sealing/seals.ts';
import { type ClaimOnce, type OpenedState, openState } from './sealing/state.ts';
import { openTask, type Task } from './sealing/task.ts';
import { type AskedTask, openTaskFilter, toTaskEdits } from './sealing/task-fields.ts';

export interface SealingDeps {
  readonly seals: Seals;
  readonly claimOnce: ClaimOnce;
  readonly viewOf: (request: Admitted) => AccessView;
  readonly onOpened: (purpose: 'state' | 'task' | 'handle', outcome: 'ok' | 'refused') => void;
}

export interface Sealing {
  /** What the sealed id of a request about a task says; undefined for one this caller did not get from us. */
  readonly openTask: (request: Enveloped) => OpenedTask | undefined;
  /**
   * The stage that opens.
   *
   * @throws Refusal state_invalid, bad_params
   */
  readonly open: (request: Admitted) => Opened | Promise<Opened>;
  readonly handlesOf: (path: string) => EndpointHandles;
}

const NO_TASKS: ReadonlyMap<string, OpenedTask> = new Map();

export function composeSealing(config: GatewayConfig, deps: SealingDeps): Sealing {
  const { seals, claimOnce, viewOf, onOpened } = deps;
  const { state: settings } = config.sealing;
  const handles = new Map(
    [...config.endpoints.keys()].map((path) => [path, compileHandles(config.sealing.handles, path)]),
  );
  const handlesOf = (path: string): EndpointHandles => handles.get(path) as EndpointHandles;

  /** Counts what was opened, and what was not. */
  function counted<T>(purpose: 'state' | 'task' | 'handle', run: () => T): T {
    try {
      return run();
    } catch (error) {
      onOpened(purpose, 'refused');
      throw error;
    }
  }

  function conclude(request: Admitted, state: OpenedState): Opened {
    const { method } = request.envelope;
    const inArguments = counted('handle', () => openHandles(request, handlesOf(request.endpoint.path), seals));
    const listened = method.listens ? counted('task', () => openTaskFilter(request, seals)) : undefined;
    const own = request.task === undefined ? NONE : toTaskEdits(request, request.task as Task);
    const kept = listened && keepTogether(listened, viewOf(request));
    const edits = [...state.edits, ...inArguments.edits, ...own, ...(kept?.edits ?? NONE)];
    for (const [purpose, count] of [
      ['state', state.opened],
      ['handle', inArguments.opened],
      ['task', own.length + (kept?.tasks.size ?? 0)],
    ] as const) {
      for (let i = 0; i < count; i++) onOpened(purpose, 'ok');
    }
    const [first] = kept?.tasks.values() ?? [];
    return {
      ...request,
      headers:
        inArguments.replaced.length === 0 ? request.headers : replaceParams(request.headers, inArguments.replaced),
      edits: edits.length === 0 ? request.edits : [...request.edits, ...edits],
      task: request.task ?? first,
      upstreamName: request.task?.id,
      stateFrom: state.upstream,
      listenedTasks: kept?.tasks ?? NO_TASKS,
      openedCount: edits.length,
    };
  }

  return {
    handlesOf,
    openTask(request) {
      const { name } = request.envelope;
      const task = name === undefined ? undefined : openTask(name, request, seals);
      if (task === undefined) onOpened('task', 'refused');
      return task;
    },
    open(request) {
      const state = counted('state', () => openState(request, { seals, settings, claimOnce }));
      if (!(state instanceof Promise)) return conclude(request, state);
      return state.then(
        (opened) => conclude(request, opened),
        (error: unknown) => {
          onOpened('state', 'refused');
          throw error;
        },
      );
    },
  };
}

const NONE: readonly Edit[] = [];

/**
 * One stream hears from one instance, so the tasks of others are left out, as are those whose tool is kept from the caller now;
 * the acknowledgement tells the client which are left.
 */
function keepTogether(asked: readonly AskedTask[], view: AccessView): KeptTasks {
  const shown = asked.filter(({ task }) => view.shows('tool', task.tool));
  const holder = shown[0]?.task;
  const kept = shown.filter(({ task }) => task.upstream === holder?.upstream && task.instance === holder.instance);
  const edits = asked.map((each) => (kept.includes(each) ? each.edit : { ...each.edit, text: undefined }));
  return { tasks: new Map(kept.map(({ id, task }) => [id, task])), edits };
}

interface KeptTasks {
  readonly tasks: ReadonlyMap<string, OpenedTask>;
  readonly edits: readonly Edit[];
}

/** A mirrored header says upstream what the argument says there. */
function replaceParams(headers: MirroredHeaders, replaced: readonly Replacement[]): MirroredHeaders {
  const values = new Map(replaced.map(({ sealed, literal }) => [sealed, toFieldValue(literal)]));
  return {
    ...headers,
    params: headers.params.map((param) => ({
      ...param,
      value: values.get(decodeFieldValue(param.value) ?? '') ?? param.value,
    })),
  };
}

function toFieldValue(literal: string): string {
  return encodeFieldValue(literal.startsWith('"') ? (JSON.parse(literal) as string) : literal);
}

/** @throws Refusal state_invalid for state of another upstream than the one the request goes to */
export function checkStateOrigin({ stateFrom }: Opened, upstream: string): void {
  if (stateFrom !== undefined && stateFrom !== upstream) refuse('state_invalid', { reason: 'upstream' });
}
