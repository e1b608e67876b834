// The calls the demo makes: each shows one thing the gateway does, and knows the answer it must get.
import { setTimeout as delay } from 'node:timers/promises';
import { ACCESS_STEPS, ALLOWED } from './access-steps.ts';
import type { DemoScene } from './demo-people.ts';
import { type DemoStep, type Shown, showRefusal } from './demo-step.ts';
import { callMcp, type McpCall, type McpOutcome, toBody, toMirroredHeaders, withToken } from './mcp-call.ts';

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

/** The header names one tool, the body another: what a gateway that trusts headers would let through. */
export const DESYNCHRONISED: McpCall = {
  method: 'tools/call',
  params: { name: 'delete_station', arguments: { id: 'oslo-1' } },
  headers: { 'mcp-name': 'get_forecast' },
};
/** What a client of an older revision sends first. */
const UNKNOWN_METHOD: McpCall = { method: 'initialize' };

export const DEMO_STEPS: readonly DemoStep[] = [
  {
    title: 'six calls of alice land on all three instances',
    async run({ url, alice }) {
      const landed: string[] = [];
      for (let i = 0; i < 6; i++) landed.push(toInstance(await callMcp(url, withToken(withRegion(ALLOWED), alice))));
      return { ok: new Set(landed).size === 3 && !landed.includes('?'), shows: landed.join(' ') };
    },
  },
  {
    title: 'discovery and lists',
    async run({ url, alice }) {
      const discovered = await callMcp(url, withToken({ method: 'server/discover' }, alice));
      const tools = await callMcp(url, withToken({ method: 'tools/list' }, alice));
      const names = toList(tools.response.result?.tools).map(({ name }) => String(name));
      const ok = discovered.response.result !== undefined && names.includes('get_forecast');
      return { ok, shows: names.join(', ') };
    },
  },
  {
    title: 'a resource and a prompt',
    async run({ url, alice }) {
      const reading = { method: 'resources/read', params: { uri: 'weather://stations' } };
      const read = await callMcp(url, withToken(reading, alice));
      const prompts = await callMcp(url, withToken({ method: 'prompts/list' }, alice));
      const ok = read.response.result !== undefined && toList(prompts.response.result?.prompts).length > 0;
      return { ok, shows: `${read.status} weather://stations, ${prompts.status} prompts/list` };
    },
  },
  ...ACCESS_STEPS,
  {
    title: 'a slow tool streams its progress',
    async run({ url, alice }) {
      const params = { name: 'slow_count', arguments: { to: 4, everyMs: 50 }, _meta: { progressToken: 'demo' } };
      const { messages, response } = await callMcp(url, withToken({ method: 'tools/call', params }, alice));
      const progress = messages.filter(({ method }) => method === 'notifications/progress');
      return {
        ok: progress.length === 4 && response.result !== undefined,
        shows: `${progress.length} notifications, then the result`,
      };
    },
  },
  { title: 'a tool asks ada back, and another instance takes the answer', run: runElicitation },
  { title: 'a call becomes a task and completes', run: runTask },
  {
    title: 'the task of alice is unknown to ada, administrator or not',
    async run({ url, alice, ada }) {
      const call = { method: 'tools/call', params: { name: 'run_model', arguments: { days: 1 } }, capabilities: TASKS };
      const { taskId } = (await callMcp(url, withToken(call, alice))).response.result ?? {};
      const asking = { method: 'tasks/get', params: { taskId }, capabilities: TASKS };
      return showRefusal(await callMcp(url, withToken(asking, ada)), 400, -32602);
    },
  },
  { title: 'a subscription is acknowledged and closed', run: runSubscription },
  {
    title: 'a header that disagrees with its body is refused',
    run: async ({ url, alice }) => showRefusal(await callMcp(url, withToken(DESYNCHRONISED, alice)), 400, -32020),
  },
  {
    title: 'an old handshake is told which version is served',
    run: async ({ url, alice }) => showRefusal(await callMcp(url, withToken(UNKNOWN_METHOD, alice)), 404, -32601),
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

async function runElicitation({ url, ada }: DemoScene): Promise<Shown> {
  const capabilities = { elicitation: { form: {} } };
  const params = { name: 'issue_warning', arguments: { region: 'eu-north', text: 'storm' } };
  const first = await callMcp(url, withToken({ method: 'tools/call', params, capabilities }, ada));
  const { requestState } = first.response.result ?? {};
  const severity = { action: 'accept', content: { severity: 'orange', confirm: true } };
  const again = { ...params, requestState, inputResponses: { severity } };
  const second = await callMcp(url, withToken({ method: 'tools/call', params: again, capabilities }, ada));
  const facts = second.response.result?.structuredContent as Record<string, unknown> | undefined;
  const ok = first.response.result?.resultType === 'input_required' && facts?.severity === 'orange';
  return { ok, shows: `asked by ${String(facts?.askedBy)}, answered at ${String(facts?.instance)}` };
}

async function runTask({ url, alice }: DemoScene): Promise<Shown> {
  const params = { name: 'run_model', arguments: { region: 'eu-north', days: 1 } };
  const begun = await callMcp(url, withToken({ method: 'tools/call', params, capabilities: TASKS }, alice));
  const taskId = String(begun.response.result?.taskId);
  const asking = withToken({ method: 'tasks/get', params: { taskId }, capabilities: TASKS }, alice);
  const seen = new Set<string>();
  for (let poll = 0; poll < 40 && !seen.has('completed'); poll++) {
    const { response } = await callMcp(url, asking);
    const status = response.result?.status;
    seen.add(typeof status === 'string' ? status : (response.error?.message ?? 'no status'));
    await delay(100);
  }
  return { ok: begun.response.result?.resultType === 'task' && seen.has('completed'), shows: [...seen].join(', ') };
}

async function runSubscription({ url, alice }: DemoScene): Promise<Shown> {
  const params = { notifications: { resourceSubscriptions: ['weather://now'] } };
  const call = withToken({ method: 'subscriptions/listen', params }, alice);
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

function toInstance({ response }: McpOutcome): string {
  const facts = response.result?.structuredContent as Record<string, unknown> | undefined;
  return typeof facts?.instance === 'string' ? facts.instance : '?';
}

function toList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
