// Makes the stage that opens what comes back sealed, out of one configuration.
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Admitted, Enveloped, Opened, OpenedTask, ParamValue } from './exchange.ts';
import { locateParams, readArgument } from './mcp/agree-params.ts';
import type { Edit } from './mcp/edits.ts';
import { decodeFieldValue, encodeFieldValue } from './mcp/header-value.ts';
import { TASKS_EXTENSION } from './mcp/methods.ts';
import type { ParamField } from './mcp/mirrored-headers.ts';
import type { AccessView } from './policy/access-view.ts';
import { Refusal, refuse } from './refusal.ts';
import { compileHandles, type EndpointHandles } from './sealing/handles.ts';
import { type OpenedHandles, openHandles } from './sealing/seal-handles.ts';
import type { Seals } from './sealing/seals.ts';
import { type OpenedState, openState, type StateClaim } from './sealing/state.ts';
import { openTask, type Task } from './sealing/task.ts';
import { type AskedTask, openTaskFilter, toTaskEdits } from './sealing/task-fields.ts';

export interface SealingDeps {
  readonly seals: Seals;
  /** @returns false when this was claimed before */
  readonly claimOnce: (key: string, ttlMs: number) => Promise<boolean>;
  readonly viewOf: (request: Admitted) => AccessView;
  readonly onOpened: (purpose: 'state' | 'task' | 'handle', outcome: 'ok' | 'refused') => void;
}

export interface Sealing {
  /** What the sealed id of a request about a task says; undefined for one this caller did not get from us. */
  readonly openTask: (request: Enveloped) => OpenedTask | undefined;
  /** Opens handles in the arguments, and says in the mirrored headers what then stands there. Refuses nothing. */
  readonly openHandles: (request: Enveloped) => Enveloped;
  /**
   * The stage that opens.
   *
   * @throws Refusal state_invalid, bad_params
   */
  readonly open: (request: Admitted) => Opened | Promise<Opened>;
  readonly handlesOf: (path: string) => EndpointHandles;
}

const NO_TASKS: ReadonlyMap<string, OpenedTask> = new Map();
const UNSEALED = { upstreamName: undefined, stateFrom: undefined, listenedTasks: NO_TASKS } as const;

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
    const listened = hearsTasks(request) ? counted('task', () => openTaskFilter(request, seals)) : undefined;
    const own = request.task === undefined ? NONE : toTaskEdits(request, request.task as Task);
    const kept = listened && keepTogether(listened, viewOf(request));
    const edits = [...state.edits, ...own, ...(kept?.edits ?? NONE)];
    const tasks = own.length + (kept?.tasks.size ?? 0);
    for (let i = 0; i < state.opened; i++) onOpened('state', 'ok');
    for (let i = 0; i < tasks; i++) onOpened('task', 'ok');
    const [first] = kept?.tasks.values() ?? [];
    return {
      ...request,
      edits: edits.length === 0 ? request.edits : [...request.edits, ...edits],
      task: request.task ?? first,
      upstreamName: request.task?.id,
      stateFrom: state.upstream,
      listenedTasks: kept?.tasks ?? NO_TASKS,
      openedCount: request.handles.opened + state.opened + tasks,
    };
  }

  /** Policy has taken the ids out of the filter where the extension is not granted or not declared. */
  function hearsTasks(request: Admitted): boolean {
    const { method, extensions } = request.envelope;
    if (!method.listens || !extensions.some(({ name }) => name === TASKS_EXTENSION)) return false;
    return viewOf(request).grantsExtension(TASKS_EXTENSION);
  }

  return {
    handlesOf,
    openTask(request) {
      const { name } = request.envelope;
      const task = name === undefined ? undefined : openTask(name, request, seals);
      if (task === undefined) onOpened('task', 'refused');
      return task;
    },
    openHandles(request) {
      const handlesHere = handlesOf(request.endpoint.path);
      if (request.envelope.method.name !== 'tools/call') return request;
      try {
        const found = openHandles(request, handlesHere, seals);
        if (found.opened === 0) return request;
        for (let i = 0; i < found.opened; i++) onOpened('handle', 'ok');
        return withHandles(request, found);
      } catch (error) {
        // Whoever may not call the tool is told no more of it than that.
        if (!(error instanceof Refusal) || error.kind !== 'state_invalid') throw error;
        onOpened('handle', 'refused');
        return { ...request, handles: { opened: 0, isRefused: true } };
      }
    },
    open(request) {
      if (request.handles.isRefused) refuse('state_invalid', { reason: 'handle' });
      const { method, isRound } = request.envelope;
      // Most requests bring nothing.
      if (!isRound && request.task === undefined && !method.listens) {
        return { ...request, ...UNSEALED, openedCount: request.handles.opened };
      }
      const state = counted('state', () => openState(request, { seals, settings }));
      const opened = conclude(request, state);
      // What opens once is marked last, when nothing else here can say no.
      return state.claim === undefined ? opened : claim(state.claim, opened);
    },
  };

  async function claim({ key, ttlMs }: StateClaim, opened: Opened): Promise<Opened> {
    if (await claimOnce(key, ttlMs)) return opened;
    onOpened('state', 'refused');
    return refuse('state_invalid', { reason: 'state' });
  }
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

/** From here on the request says what the handles stand for: in arguments, in checked parameters and in mirrored headers. */
function withHandles(request: Enveloped, found: OpenedHandles): Enveloped {
  const { edits, opened } = found;
  const mirrored = findMirrored(request, found);
  const params = request.params && new Map([...request.params, ...mirrored.values]);
  const fields = request.headers.params.map((field) => ({
    ...field,
    value: encodeOr(mirrored.texts.get(field.key), field),
  }));
  return {
    ...request,
    params,
    headers: { ...request.headers, params: fields },
    edits,
    handles: { opened, isRefused: false },
  };
}

/** What opened arguments say now that headers repeat, by the key of the header. */
interface Mirrored {
  readonly texts: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, ParamValue>;
}

/**
 * A header repeats the very argument that its annotation names, whatever others hold the same seal.
 *
 * @throws Refusal state_invalid where it is not known which argument that is, and there could be several
 */
function findMirrored(
  { annotations, body, envelope, headers }: Enveloped,
  { edits, replaced }: OpenedHandles,
): Mirrored {
  const texts = new Map<string, string>();
  const values = new Map<string, ParamValue>();
  if (annotations !== undefined) {
    const starts = locateParams(annotations, body, envelope.paramsStart);
    for (const [at, { key, type }] of annotations.params.entries()) {
      const literal = edits.find(({ start }) => start === starts[at])?.text;
      if (literal === undefined) continue;
      texts.set(key, toText(literal));
      values.set(key, readArgument(Buffer.from(literal), 0, type) ?? toText(literal));
    }
    return { texts, values };
  }
  const opened = new Map(replaced.map(({ sealed, literal }) => [sealed, toText(literal)]));
  for (const { key, value } of headers.params) {
    const text = opened.get(decodeFieldValue(value) ?? '');
    if (text !== undefined) texts.set(key, text);
  }
  // Which of several arguments with one seal the header repeats, nobody can say.
  if (texts.size > 0 && replaced.some(({ sealed }) => body.indexOf(sealed) !== body.lastIndexOf(sealed))) {
    refuse('state_invalid', { reason: 'handle' });
  }
  return { texts, values };
}

function encodeOr(text: string | undefined, field: ParamField): string {
  return text === undefined ? field.value : encodeFieldValue(text);
}

function toText(literal: string): string {
  return literal.startsWith('"') ? (JSON.parse(literal) as string) : literal;
}

/** @throws Refusal state_invalid for state of another upstream than the one the request goes to */
export function checkStateOrigin({ stateFrom }: Opened, upstream: string): void {
  if (stateFrom !== undefined && stateFrom !== upstream) refuse('state_invalid', { reason: 'upstream' });
}
