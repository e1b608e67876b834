// The official SDK client, as several people, sees only what is its own on each list and can use exactly that.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { startDemoServer } from '../../../gateway/demo/demo-server.ts';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { RESOURCE, toGuardedConfig } from '../identity/support/guarded-gateway.ts';
import { type Gateway, startGateway } from '../support/start.ts';

const RULES = [
  {
    id: 'readers',
    allow: { tools: ['get_*', 'list_*'], resources: ['weather://stations', 'weather://stations/oslo-*'] },
    to: { groups: ['readers'] },
  },
  {
    id: 'planners',
    allow: { tools: ['get_forecast'], prompts: ['*'], resources: ['weather://now', 'weather://stations/*'] },
    to: { groups: ['planners'] },
  },
  {
    id: 'administrators',
    allow: { tools: ['*'], prompts: ['*'], resources: ['weather://**'] },
    to: { groups: ['admins'] },
  },
  { id: 'no-deleting', deny: { tools: ['delete_*'] }, to: { groups: ['careful'] } },
];

const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  get_forecast: { city: 'Lisbon' },
  list_stations: {},
  delete_station: { id: 'oslo-1' },
  slow_count: { to: 1, everyMs: 10 },
  issue_warning: { region: 'eu-north', text: 'Storm' },
  run_model: { days: 1 },
};
const TOOLS = Object.keys(ARGUMENTS);
const STATIONS = ['oslo-1', 'bergen-1', 'lisbon-1', 'boston-1', 'chennai-1'].map((id) => `weather://stations/${id}`);
const RESOURCES = ['weather://now', 'weather://stations', ...STATIONS];

interface Person {
  readonly groups: readonly string[];
  readonly tools: readonly string[];
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
}

const PEOPLE: readonly Person[] = [
  {
    groups: ['readers'],
    tools: ['get_forecast', 'list_stations'],
    resources: ['weather://stations', 'weather://stations/oslo-1'],
    prompts: [],
  },
  { groups: ['planners'], tools: ['get_forecast'], resources: ['weather://now', ...STATIONS], prompts: ['plan_trip'] },
  {
    groups: ['admins', 'careful'],
    tools: TOOLS.filter((name) => name !== 'delete_station'),
    resources: RESOURCES,
    prompts: ['plan_trip'],
  },
  { groups: ['admins'], tools: TOOLS, resources: RESOURCES, prompts: ['plan_trip'] },
];

async function start(t: TestContext, onDeny: 'challenge' | 'hide') {
  const issuer = await startFakeIssuer();
  const servers = await Promise.all(['weather-1', 'weather-2'].map((instance) => startDemoServer({ instance })));
  t.after(() => Promise.all([issuer, ...servers].map((each) => each.close())));
  const identity = { issuers: [{ issuer: issuer.issuer }] };
  const config = await toGuardedConfig(t, { identity, rules: RULES, endpoint: { onDeny } });
  const instances = servers.map(({ url }) => url);
  const gateway = await startGateway(t, { instances, config, upstream: { paramHeaders: 'check' } });
  const exp = Math.floor(Date.now() / 1000) + 300;
  const sign = (groups: readonly string[]) => issuer.sign({ sub: groups.join(), aud: RESOURCE, exp, groups });
  return { gateway, connect: async (groups: readonly string[]) => connect(t, gateway, await sign(groups)) };
}

async function connect(t: TestContext, gateway: Gateway, token: string): Promise<Client> {
  const client = new Client(
    { name: 'tollgate-test', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'decline' }));
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url), { requestInit }));
  t.after(() => client.close());
  return client;
}

/** Whether a request succeeds; what refuses it must be the policy. */
async function succeeds(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    assert.match(String(error), /No rule allows this request|Unknown name/);
    return false;
  }
}

async function filter(names: readonly string[], ask: (name: string) => Promise<unknown>): Promise<readonly string[]> {
  const used = await Promise.all(names.map((name) => succeeds(() => ask(name))));
  return names.filter((_name, at) => used[at]);
}

for (const onDeny of ['challenge', 'hide'] as const) {
  for (const { groups, tools, resources, prompts } of PEOPLE) {
    test(`${groups.join(' and ')} see their tools, resources and prompts and can use exactly those (${onDeny})`, async (t) => {
      const { connect } = await start(t, onDeny);
      const client = await connect(groups);
      const listed = await client.listTools();
      assert.deepEqual(
        listed.tools.map(({ name }) => name),
        tools,
      );
      assert.deepEqual(
        await filter(TOOLS, (name) => client.callTool({ name, arguments: ARGUMENTS[name] ?? {} })),
        tools,
      );

      const found = await client.listResources();
      assert.deepEqual(found.resources.map(({ uri }) => uri).toSorted(), resources.toSorted());
      assert.deepEqual(await filter(RESOURCES, (uri) => client.readResource({ uri })), resources);

      const known = await client.listPrompts();
      assert.deepEqual(
        known.prompts.map(({ name }) => name),
        prompts,
      );
      const get = { name: 'plan_trip', arguments: { city: 'Oslo', days: '2' } };
      assert.equal(await succeeds(() => client.getPrompt(get)), prompts.length > 0);
      const ref = { type: 'ref/prompt', name: 'plan_trip' } as const;
      const complete = { ref, argument: { name: 'city', value: 'b' } };
      assert.equal(await succeeds(() => client.complete(complete)), prompts.length > 0);
    });
  }
}

test('somebody whom no rule means sees and can use nothing', async (t) => {
  const { gateway, connect } = await start(t, 'challenge');
  await assert.rejects(connect(['strangers']), /No rule allows this request|403/);
  assert.equal((await gateway.scrape()).get('mcp_gateway_decisions_total', { decision: 'allowed' }), 0);
});
