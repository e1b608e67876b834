// The server behind the gateway that has everything on: it hands out raw state, tasks and handles, each with a word to find it by.
import type { ServerResponse } from 'node:http';
import { answerResult, type Hit, toEvent } from '../../support/fake-upstream.ts';

/** The upstream's own state, task ids and handles begin with these; none of them may reach a client. */
export const RAW = { state: 'RAW-STATE-', task: 'RAW-TASK-', handle: 'RAW-HANDLE-' } as const;

const TASKS = 'io.modelcontextprotocol/tasks';

const text = (header: string) => ({ type: 'string', 'x-mcp-header': header });

const TOOLS = [
  {
    name: 'read_station',
    inputSchema: { type: 'object', properties: { city: text('City'), tenant: { type: 'string' } } },
  },
  { name: 'create_basket', inputSchema: { type: 'object' } },
  {
    name: 'fill_basket',
    inputSchema: {
      type: 'object',
      properties: { basketId: text('Basket'), note: text('Note'), count: { type: 'integer', 'x-mcp-header': 'Count' } },
    },
  },
  { name: 'ask_name', inputSchema: { type: 'object' } },
  { name: 'start_job', inputSchema: { type: 'object' }, _meta: { ui: { resourceUri: 'ui://job' } } },
  { name: 'secret_tool', inputSchema: { type: 'object' } },
];

let serial = 0;

/** What an honest server answers. */
export function toHonestResult({ message: { method, params } }: Pick<Hit, 'message'>): object {
  switch (method) {
    case 'tools/list':
      return { resultType: 'complete', tools: TOOLS, ttlMs: 600_000, cacheScope: 'public' };
    case 'prompts/list':
      return { resultType: 'complete', prompts: [{ name: 'open_prompt' }, { name: 'secret_prompt' }] };
    case 'resources/list':
      return {
        resultType: 'complete',
        resources: ['files://open/a', 'files://secret/b', 'ui://job'].map((uri) => ({ uri, name: uri })),
      };
    case 'server/discover':
      return {
        resultType: 'complete',
        supportedVersions: ['2026-07-28'],
        capabilities: {
          tools: {},
          extensions: { 'io.modelcontextprotocol/tasks': {}, 'io.modelcontextprotocol/ui': {} },
        },
        instructions: 'Call secret_tool.',
      };
    case 'tasks/get':
      return { resultType: 'complete', taskId: params['taskId'], status: 'completed', result: {} };
    case 'tasks/update':
    case 'tasks/cancel':
      return { resultType: 'complete' };
    case 'tools/call':
      return toCallResult(String(params['name']), params);
    default:
      return { resultType: 'complete', contents: [] };
  }
}

interface Declared {
  readonly elicitation?: object;
  readonly extensions?: object;
}

function toCallResult(name: string, params: Hit['message']['params']): object {
  const id = (serial++).toString(36).padStart(6, '0');
  const meta = params['_meta'] as { readonly 'io.modelcontextprotocol/clientCapabilities': Declared };
  const declared = meta['io.modelcontextprotocol/clientCapabilities'];
  if (name === 'ask_name' && params['requestState'] === undefined && canBeAsked(declared)) {
    const inputRequests = { who: { method: 'elicitation/create', params: { message: 'Who?' } } };
    return { resultType: 'input_required', inputRequests, requestState: RAW.state + id };
  }
  if (name === 'start_job' && Object.hasOwn(declared.extensions ?? {}, TASKS)) {
    return { resultType: 'task', taskId: RAW.task + id, status: 'working', ttlMs: 60_000, pollIntervalMs: 0 };
  }
  const basketId = RAW.handle + id;
  if (name === 'create_basket') {
    return {
      resultType: 'complete',
      structuredContent: { basketId },
      content: [{ type: 'text', text: `Basket ${basketId} is ready.` }],
    };
  }
  return { resultType: 'complete', content: [{ type: 'text', text: 'done' }] };
}

/** A form is what a declaration without modes means. */
function canBeAsked({ elicitation }: Declared): boolean {
  return elicitation !== null && typeof elicitation === 'object' && Object.keys(elicitation).length === 0;
}

/** Answers as a server should; listening streams are acknowledged and ended. */
export function honestServer(hit: Hit, response: ServerResponse): void {
  if (hit.message.method !== 'subscriptions/listen') return answerResult(hit, response, toHonestResult(hit));
  const { id, params } = hit.message;
  const meta = { _meta: { 'io.modelcontextprotocol/subscriptionId': id } };
  const { notifications } = params;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(toEvent({ method: 'notifications/subscriptions/acknowledged', params: { ...meta, notifications } }));
  for (const taskId of (notifications as { taskIds?: readonly string[] }).taskIds ?? []) {
    response.write(toEvent({ method: 'notifications/tasks', params: { ...meta, taskId, status: 'working' } }));
  }
  response.end(toEvent({ id, result: { resultType: 'complete', ...meta } }));
}
