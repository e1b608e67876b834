// The official SDK client in longer conversations through the gateway: questions back, subscriptions, tasks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callMcp } from '../../gateway/demo/mcp-call.ts';
import { connectClient, toInstance } from './support/official-client.ts';
import { until, within } from './support/until.ts';

test('a tool asks back, the elicitation handler answers, and another instance finishes the call', async (t) => {
  const { client, errors } = await connectClient(t);
  const asked: string[] = [];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(params.message);
    return { action: 'accept', content: { severity: 'red', confirm: true } };
  });
  const result = await client.callTool({ name: 'issue_warning', arguments: { region: 'eu-west', text: 'flood' } });
  assert.deepEqual(asked, ['How severe is "flood" in eu-west?']);
  const facts = result.structuredContent as { severity?: unknown; askedBy?: unknown };
  assert.equal(facts.severity, 'red');
  assert.match(String(facts.askedBy), /^weather-[123]$/);
  assert.notEqual(facts.askedBy, toInstance(result));
  assert.deepEqual(errors, []);
});

test('a subscription hears of an update and is closed by the official client without an error', async (t) => {
  const { client, gateway, errors, posts } = await connectClient(t);
  const updated: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updated.push(params.uri));
  const subscription = await client.listen({ resourceSubscriptions: ['weather://now'] });
  assert.deepEqual(subscription.honoredFilter.resourceSubscriptions, ['weather://now']);
  await until('the resource changes', () => updated.includes('weather://now'), 8_000);
  await subscription.close();
  assert.equal(await within(1_000, 'the close', subscription.closed), 'local');
  await until('the stream is gone', async () => (await gateway.countInFlight()) === 0, 1_000);
  assert.deepEqual(errors, []);
  // close() posts this notification without Mcp-Method; its stream was closed before, which is the cancellation.
  assert.deepEqual(posts.at(-1), { method: 'notifications/cancelled', status: 202 });
});

test('a call becomes a task, asks for an approval, and ends with its result', async (t) => {
  const { gateway } = await connectClient(t);
  const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  const begun = await callMcp(gateway.url, {
    method: 'tools/call',
    params: { name: 'run_model', arguments: { days: 1, askFirst: true } },
    capabilities,
  });
  assert.equal(begun.response.result?.resultType, 'task');
  const params = { taskId: String(begun.response.result.taskId) };
  const read = async () => (await callMcp(gateway.url, { method: 'tasks/get', params, capabilities })).response.result;
  await until('the task asks', async () => (await read())?.status === 'input_required');
  const inputResponses = { approval: { action: 'accept', content: { approve: true } } };
  await callMcp(gateway.url, { method: 'tasks/update', params: { ...params, inputResponses }, capabilities });
  await until('the task completes', async () => (await read())?.status === 'completed');
  const { content } = ((await read())?.result ?? {}) as { content?: unknown };
  assert.match(JSON.stringify(content), /1 days for eu-north/);
});

test('a task is cancelled, and a task nobody started is unknown', async (t) => {
  const { gateway } = await connectClient(t);
  const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  const begun = await callMcp(gateway.url, {
    method: 'tools/call',
    params: { name: 'run_model', arguments: { days: 30 } },
    capabilities,
  });
  const params = { taskId: String(begun.response.result?.taskId) };
  await callMcp(gateway.url, { method: 'tasks/cancel', params, capabilities });
  const { response } = await callMcp(gateway.url, { method: 'tasks/get', params, capabilities });
  assert.equal(response.result?.status, 'cancelled');
  const unknown = await callMcp(gateway.url, { method: 'tasks/get', params: { taskId: 'none' }, capabilities });
  assert.equal(unknown.response.error?.code, -32602);
});
