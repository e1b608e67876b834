// Decides what is done to the answer of each request before its client sees it.
import type { GatewayConfig } from './config/gateway-config.ts';
import type { AnswerRelay, OpenedTask, OutgoingHeaders, Reply, RequestRecord, Routed } from './exchange.ts';
import { APPS_EXTENSION, isAppsResource } from './mcp/apps.ts';
import { applyEdits } from './mcp/edits.ts';
import { findMember } from './mcp/json-walk.ts';
import { TASKS_EXTENSION } from './mcp/methods.ts';
import { readListenFilter } from './mcp/read-listen.ts';
import type { AccessView } from './policy/access-view.ts';
import type { AnswerEditor } from './response/answer-editor.ts';
import { makeAnswerRelay } from './response/answer-relay.ts';
import { makeCanAnswer } from './response/can-answer.ts';
import { chainEditors } from './response/chain-editors.ts';
import { makeDiscoverEditor } from './response/discover-editor.ts';
import { makeHandleEditor, type ResultPlace } from './response/handle-editor.ts';
import { HIDE_EDITOR } from './response/hide-editor.ts';
import { type ListKind, makeListEditor } from './response/list-editor.ts';
import { makeListenEditor } from './response/listen-editor.ts';
import { type BegunTask, makeRoundEditor, type RoundSettings } from './response/round-editor.ts';
import { makeTaskEditor } from './response/task-editor.ts';
import type { EndpointHandles } from './sealing/handles.ts';
import { followPointer } from './sealing/json-pointer.ts';
import { makeHandleSealer } from './sealing/seal-handles.ts';
import type { Seals } from './sealing/seals.ts';
import { makeStateSealer } from './sealing/state.ts';
import { makeTaskSealer } from './sealing/task.ts';

/** Every tool and prompt an upstream has, or undefined while they are not all known. */
export type KnownNames = readonly (readonly [kind: 'tool' | 'prompt', name: string])[] | undefined;

export interface AnswerDeps {
  readonly seals: Seals;
  readonly viewOf: (request: Routed) => AccessView;
  readonly handlesOf: (path: string) => EndpointHandles;
  /** Learns a tool as it passes by; false: no client could use it. */
  readonly inspectTool: (upstream: string, name: string, tool: Buffer) => boolean;
  /** Whether a list is known to show the tool or prompt that is asked for; no list shows all resources. */
  readonly isListed: (request: Routed) => boolean;
  readonly namesOf: (upstream: string) => KnownNames;
  /** The rate fields of an answer, where the configuration wants them. */
  readonly toRateHeaders: (request: Routed) => OutgoingHeaders | undefined;
  /** The call must be answered at once, because its caller has tasks enough. */
  readonly isInline: (request: Routed) => boolean;
  readonly taskBegan: (request: Routed, task: BegunTask) => void;
  readonly taskEnded: (request: Routed, upstreamId: string) => void;
  readonly onSealed: (purpose: 'state' | 'task' | 'handle') => void;
}

const TERMINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

interface Listed {
  readonly list: ListKind;
  readonly kind: 'tool' | 'prompt' | 'resource' | 'template';
}

const LISTS: ReadonlyMap<string, Listed> = new Map<string, Listed>([
  ['tools/list', { list: 'tools', kind: 'tool' }],
  ['prompts/list', { list: 'prompts', kind: 'prompt' }],
  ['resources/list', { list: 'resources', kind: 'resource' }],
  ['resources/templates/list', { list: 'resourceTemplates', kind: 'template' }],
]);

/** One answer of one instance. */
interface Answering {
  readonly routed: Routed;
  /** The label of the instance that answers. */
  readonly instance: string;
  readonly record: RequestRecord;
}

/** Makes what takes the answers of instances, one for each attempt. */
export function composeAnswers(config: GatewayConfig, deps: AnswerDeps) {
  const hides = new Set(
    [...config.endpoints.values()].filter(({ onDeny }) => onDeny === 'hide').map(({ path }) => path),
  );
  const makeEditor = (answering: Answering): AnswerEditor | undefined => {
    const { routed } = answering;
    const { method } = routed.envelope;
    const list = LISTS.get(method.name);
    if (list !== undefined) return makeListing(deps, routed, list);
    if (method.name === 'server/discover') return makeDiscovery(deps, routed);
    if (method.listens) return makeListening(deps, routed);
    if (routed.task !== undefined) {
      const handles = makeHandles(deps, answering, routed.task.tool, 'task');
      return chainEditors([handles, makeTaskTalk(deps, routed, routed.task)]);
    }
    const hiding = hides.has(routed.endpoint.path) && !deps.isListed(routed) ? HIDE_EDITOR : undefined;
    // What begins a task must be the last that could go wrong.
    const tool = method.name === 'tools/call' ? routed.envelope.name : undefined;
    return chainEditors([hiding, makeHandles(deps, answering, tool, 'answer'), makeRound(config, deps, answering)]);
  };
  return (routed: Routed, reply: Reply, instance: string, record: RequestRecord): AnswerRelay =>
    makeAnswerRelay(routed, reply, makeEditor({ routed, instance, record }), deps.toRateHeaders(routed));
}

function makeListing(deps: AnswerDeps, routed: Routed, { list, kind }: Listed): AnswerEditor | undefined {
  const view = deps.viewOf(routed);
  if (view.isOpen && list === 'prompts') return undefined;
  return makeListEditor({
    list,
    shows: (name) => view.shows(kind, name),
    dependsOnCaller: view.dependsOnCaller,
    mayLackList: view.isOpen,
    keepsUi: view.grantsExtension(APPS_EXTENSION),
    ...(list === 'tools' && {
      inspectTool: (name: string, tool: Buffer) => deps.inspectTool(routed.upstream, name, tool),
    }),
  });
}

function makeDiscovery(deps: AnswerDeps, routed: Routed): AnswerEditor {
  const { dependsOnCaller, grantsExtension, showsText } = deps.viewOf(routed);
  return makeDiscoverEditor({
    dependsOnCaller,
    grantsExtension,
    hidesInstructions: (text) => !showsText(text, deps.namesOf(routed.upstream)),
  });
}

function makeListening(deps: AnswerDeps, routed: Routed): AnswerEditor | undefined {
  const { body, envelope, edits, listenedTasks } = routed;
  const view = deps.viewOf(routed);
  if (view.isOpen && listenedTasks.size === 0) return undefined;
  const sent = applyEdits(body, edits);
  const handles = deps.handlesOf(routed.endpoint.path);
  const tasks = [...listenedTasks].map(([clientId, { id, tool }]) => ({
    clientId,
    upstreamId: id,
    // Its client asks for the result, and gets it with its handles sealed.
    dropsResult: handles.findSealed(tool).length > 0,
    onStatus: (status: string) => {
      if (TERMINAL.has(status)) deps.taskEnded(routed, id);
    },
  }));
  return makeListenEditor({
    id: envelope.id,
    // What the server was asked for, not what the client asked for.
    asked: readListenFilter(sent, findParams(sent)),
    allowsKind: view.mayHear,
    showsResource: (uri) =>
      (view.grantsExtension(APPS_EXTENSION) || !isAppsResource(uri)) && view.shows('resource', uri),
    tasks,
  });
}

/** A cut filter moves nothing in front of it but perhaps `_meta`, so the place is looked up again. */
function findParams(body: Buffer): number {
  return findMember(body, body.indexOf('{'), 'params')?.start ?? 0;
}

function makeTaskTalk(deps: AnswerDeps, routed: Routed, { id }: OpenedTask): AnswerEditor {
  return makeTaskEditor({
    upstreamId: id,
    clientId: routed.envelope.name ?? '',
    // Of an update it could be the answers that are wrong.
    ...(routed.envelope.method.name !== 'tasks/update' && { onForgotten: () => deps.taskEnded(routed, id) }),
    onStatus(status) {
      if (TERMINAL.has(status)) deps.taskEnded(routed, id);
    },
  });
}

function makeRound(config: GatewayConfig, deps: AnswerDeps, answering: Answering): AnswerEditor {
  return makeRoundEditor(() => toRoundSettings(config, deps, answering));
}

function toRoundSettings(
  config: GatewayConfig,
  deps: AnswerDeps,
  { routed, instance, record }: Answering,
): RoundSettings {
  const { seals } = deps;
  const { envelope, body, upstream } = routed;
  const { state: settings, tasks } = config.sealing;
  const view = deps.viewOf(routed);
  const declared = envelope.extensions.map(({ name }) => name).filter((name) => view.grantsExtension(name));
  const count = (purpose: 'state' | 'task'): void => {
    record.sealed++;
    deps.onSealed(purpose);
  };
  return {
    mayAsk: Object.hasOwn(envelope.method.fields, 'requestState'),
    canAnswer: makeCanAnswer(() => readCapabilities(body, envelope.metaStart)),
    mayBecomeTask:
      envelope.method.name === 'tools/call' && declared.includes(TASKS_EXTENSION) && !deps.isInline(routed),
    mayBeOther: declared.some((name) => name !== TASKS_EXTENSION && name !== APPS_EXTENSION),
    sealState(literal) {
      count('state');
      return makeStateSealer(routed, { seals, settings }, upstream).seal(literal);
    },
    sealTask(literal, task) {
      const { affinity, longestLifeMs } = tasks;
      const origin = { seals, longestLifeMs, upstream, instance: affinity === 'instance' ? instance : undefined };
      const sealed = makeTaskSealer(routed, { ...origin, tool: envelope.name ?? '' }).seal(literal, task.ttlMs);
      if (sealed === undefined) return undefined;
      deps.taskBegan(routed, task);
      // A task may be over before anybody could ask for it.
      if (TERMINAL.has(task.status)) deps.taskEnded(routed, task.id);
      count('task');
      return sealed;
    },
  };
}

function readCapabilities(body: Buffer, meta: number): string {
  const found = findMember(body, meta, 'io.modelcontextprotocol/clientCapabilities');
  return found === undefined ? '{}' : body.toString('utf8', found.start, found.end);
}

/** @param tool whose result it is */
function makeHandles(
  deps: AnswerDeps,
  { routed, record }: Answering,
  tool: string | undefined,
  place: ResultPlace,
): AnswerEditor | undefined {
  if (tool === undefined) return undefined;
  const rules = deps.handlesOf(routed.endpoint.path).findSealed(tool);
  if (rules.length === 0) return undefined;
  return makeHandleEditor(
    rules.map((rule) => {
      const sealer = makeHandleSealer(routed, rule, { seals: deps.seals, tool });
      return {
        find: (message, result) => followPointer(message, result, rule.result),
        seal(literal) {
          record.sealed++;
          deps.onSealed('handle');
          return sealer.seal(literal);
        },
      };
    }),
    place,
  );
}
