// The calls the demo makes: each shows one thing the gateway does, and knows the answer it must get.
import { setTimeout as delay } from 'node:timers/promises';
import { callMcp, type McpCall, type McpOutcome, type Message, toBody, toMirroredHeaders } from './mcp-call.ts';

export interface DemoStep {
  readonly title: string;
  /** @returns what to show, and whether it is what had to come */
  run(url: string): Promise<{ readonly ok: boolean; readonly shows: string }>;
}

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

export const ALLOWED: McpCall = { method: 'tools/call', params: { name: 'get_forecast', arguments: { city: 'Oslo' } } };
/** The header names one tool, the body another: what a gateway that trusts headers would let through. */
export const DESYNCHRONISED: McpCall = {
  method: 'tools/call',
  params: { name: 'delete_station', arguments: { id: 'oslo-1' } },
  headers: { 'mcp-name': 'get_forecast' },
};
/** What a client of an older revision sends first. */
export const UNKNOWN_METHOD: McpCall = { method: 'initialize' };

export const DEMO_STEPS: readonly DemoStep[] = [
  {
    title: 'six calls land on all three instances',
    async run(url) {
      const landed: string[] = [];
      for (let i = 0; i < 6; i++) landed.push(toInstance(await callMcp(url, withRegion(ALLOWED))));
      return { ok: new Set(landed).size === 3 && !landed.includes('?'), shows: landed.join(' ') };
    },
  },
  {
    title: 'discovery and lists',
    async run(url) {
      const discovered = await callMcp(url, { method: 'server/discover' });
      const tools = await callMcp(url, { method: 'tools/list' });
      const names = toList(tools.response.result?.tools).map(({ name }) => String(name));
      const ok = discovered.response.result !== undefined && names.includes('get_forecast');
      return { ok, shows: names.join(', ') };
    },
  },
  {
    title: 'a resource and a prompt',
    async run(url) {
      const read = await callMcp(url, { method: 'resources/read', params: { uri: 'weather://stations' } });
      const prompts = await callMcp(url, { method: 'prompts/list' });
      const ok = read.response.result !== undefined && toList(prompts.response.result?.prompts).length > 0;
      return { ok, shows: `${read.status} weather://stations, ${prompts.status} prompts/list` };
    },
  },
  {
    title: 'a slow tool streams its progress',
    async run(url) {
      const params = { name: 'slow_count', arguments: { to: 4, everyMs: 50 }, _meta: { progressToken: 'demo' } };
      const { messages, response } = await callMcp(url, { method: 'tools/call', params });
      const progress = messages.filter(({ method }) => method === 'notifications/progress');
      return {
        ok: progress.length === 4 && response.result !== undefined,
        shows: `${progress.length} notifications, then the result`,
      };
    },
  },
  { title: 'a tool asks back, and another instance takes the answer', run: runElicitation },
  { title: 'a call becomes a task and completes', run: runTask },
  { title: 'a subscription is acknowledged and closed', run: runSubscription },
  {
    title: 'a header that disagrees with its body is refused',
    run: async (url) => toRefusal(await callMcp(url, DESYNCHRONISED), 400, -32020),
  },
  {
    title: 'an old handshake is told which version is served',
    run: async (url) => toRefusal(await callMcp(url, UNKNOWN_METHOD), 404, -32601),
  },
];

/** `get_forecast` mirrors its region into a header of its own. */
function withRegion(call: McpCall): McpCall {
  const args = call.params?.arguments as object;
  return {
    ...call,
    params: { ...call.params, arguments: { ...args, region: 'eu-north' } },
    headers: { 'mcp-param-region': 'eu-north' },
  };
}

async function runElicitation(url: string): Promise<{ ok: boolean; shows: string }> {
  const capabilities = { elicitation: { form: {} } };
  const params = { name: 'issue_warning', arguments: { region: 'eu-north', text: 'storm' } };
  const first = await callMcp(url, { method: 'tools/call', params, capabilities });
  const { requestState } = first.response.result ?? {};
  const severity = { action: 'accept', content: { severity: 'orange', confirm: true } };
  const again = { ...params, requestState, inputResponses: { severity } };
  const second = await callMcp(url, { method: 'tools/call', params: again, capabilities });
  const facts = second.response.result?.structuredContent as Record<string, unknown> | undefined;
  const ok = first.response.result?.resultType === 'input_required' && facts?.severity === 'orange';
  return { ok, shows: `asked by ${String(facts?.askedBy)}, answered at ${String(facts?.instance)}` };
}

async function runTask(url: string): Promise<{ ok: boolean; shows: string }> {
  const params = { name: 'run_model', arguments: { region: 'eu-north', days: 1 } };
  const begun = await callMcp(url, { method: 'tools/call', params, capabilities: TASKS });
  const taskId = String(begun.response.result?.taskId);
  const seen = new Set<string>();
  for (let poll = 0; poll < 40 && !seen.has('completed'); poll++) {
    const { response } = await callMcp(url, { method: 'tasks/get', params: { taskId }, capabilities: TASKS });
    const status = response.result?.status;
    seen.add(typeof status === 'string' ? status : (response.error?.message ?? 'no status'));
    await delay(100);
  }
  return { ok: begun.response.result?.resultType === 'task' && seen.has('completed'), shows: [...seen].join(', ') };
}

async function runSubscription(url: string): Promise<{ ok: boolean; shows: string }> {
  const call = {
    method: 'subscriptions/listen',
    params: { notifications: { resourceSubscriptions: ['weather://now'] } },
  };
  const leave = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: toMirroredHeaders(call),
    body: toBody(call, 'listening'),
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(20_000)]),
  });
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  leave.abort();
  const text = new TextDecoder().decode(value);
  return { ok: text.includes('notifications/subscriptions/acknowledged'), shows: 'acknowledged, then left' };
}

function toRefusal(
  { status, response }: McpOutcome,
  expectedStatus: number,
  code: number,
): { ok: boolean; shows: string } {
  const { error } = response;
  return { ok: status === expectedStatus && error?.code === code, shows: `${status} ${error?.code} ${error?.message}` };
}

function toInstance({ response }: McpOutcome): string {
  const facts = response.result?.structuredContent as Record<string, unknown> | undefined;
  return typeof facts?.instance === 'string' ? facts.instance : '?';
}

function toList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

export type { Message };
