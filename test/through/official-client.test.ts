// The official SDK client does all a client does, through the gateway, against three real servers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectClient, toInstance } from './support/official-client.ts';
import { until } from './support/until.ts';

test('the official client discovers the server and lists what it has', async (t) => {
  const { client, errors, posts } = await connectClient(t);
  assert.equal(client.getServerVersion()?.name, 'weather');
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['get_forecast', 'list_stations', 'delete_station', 'slow_count', 'issue_warning', 'run_model'],
  );
  const { resources } = await client.listResources();
  assert.ok(resources.some(({ uri }) => uri === 'weather://now'));
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(
    resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ['weather://stations/{id}'],
  );
  const { prompts } = await client.listPrompts();
  assert.deepEqual(
    prompts.map(({ name }) => name),
    ['plan_trip'],
  );
  assert.deepEqual(
    posts.map(({ method, status }) => `${method} ${status}`),
    ['server/discover', 'tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'].map(
      (method) => `${method} 200`,
    ),
  );
  assert.deepEqual(errors, []);
});

test('the official client calls a tool with a mirrored argument, reads, gets a prompt and completes', async (t) => {
  const { client, errors } = await connectClient(t);
  await client.listTools();
  const call = { name: 'get_forecast', arguments: { city: 'Lisbon', region: 'eu-west' } };
  const landed = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    const result = await client.callTool(call);
    assert.equal((result.structuredContent as { region?: unknown }).region, 'eu-west');
    landed.add(toInstance(result));
  }
  assert.equal(landed.size, 3);
  const { contents } = await client.readResource({ uri: 'weather://stations/oslo-1' });
  assert.match(JSON.stringify(contents), /Oslo/);
  const { messages } = await client.getPrompt({ name: 'plan_trip', arguments: { city: 'Zürich', days: '2' } });
  assert.match(JSON.stringify(messages), /Plan 2 days in Zürich/);
  const { completion } = await client.complete({
    ref: { type: 'ref/prompt', name: 'plan_trip' },
    argument: { name: 'city', value: 'b' },
  });
  assert.deepEqual(completion.values, ['Bergen', 'Boston']);
  assert.deepEqual(errors, []);
});

test('a resource that does not exist is the error the server says it is', async (t) => {
  const { client } = await connectClient(t);
  await assert.rejects(client.readResource({ uri: 'weather://stations/nowhere' }), { code: -32602 });
});

test('progress of a slow tool reaches the official client while the tool still works', async (t) => {
  const { client, gateway, errors } = await connectClient(t);
  const seen: { readonly progress: number; readonly inFlight: Promise<number> }[] = [];
  const result = await client.callTool(
    { name: 'slow_count', arguments: { to: 4, everyMs: 50 } },
    { onprogress: ({ progress }) => seen.push({ progress, inFlight: gateway.countInFlight() }) },
  );
  assert.deepEqual(
    seen.map(({ progress }) => progress),
    [1, 2, 3, 4],
  );
  assert.equal(await seen[0]?.inFlight, 1);
  assert.equal((result.structuredContent as { counted?: unknown }).counted, 4);
  assert.deepEqual(errors, []);
});

test('a call the official client aborts stops the work at the instance', async (t) => {
  const { client, gateway } = await connectClient(t);
  const said: string[] = [];
  t.mock.method(process.stderr, 'write', (text: unknown) => said.push(String(text)) > 0);
  const leave = new AbortController();
  const call = client.callTool(
    { name: 'slow_count', arguments: { to: 600, everyMs: 20 } },
    { signal: leave.signal, onprogress: ({ progress }) => progress === 3 && leave.abort(new Error('enough')) },
  );
  await assert.rejects(call, /enough/);
  await until('the handler is cancelled', () => /slow_count was cancelled at \d+/.test(said.join('')), 1_000);
  await until('nothing is in flight', async () => (await gateway.countInFlight()) === 0, 1_000);
});

test('a call aborted before its answer began stops the work at the instance', async (t) => {
  const { client, gateway } = await connectClient(t);
  const said: string[] = [];
  t.mock.method(process.stderr, 'write', (text: unknown) => said.push(String(text)) > 0);
  const leave = new AbortController();
  const call = client.callTool({ name: 'slow_count', arguments: { to: 2, everyMs: 10_000 } }, { signal: leave.signal });
  const rejected = assert.rejects(call, /enough/);
  await until('the call is in flight', async () => (await gateway.countInFlight()) === 1, 1_000);
  leave.abort(new Error('enough'));
  await rejected;
  await until('the handler is cancelled', () => said.join('').includes('slow_count was cancelled at 0'), 1_000);
});
