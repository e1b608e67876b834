// The attacker listens: to a resource it may not read, to changes of lists it may not see, and to what a server says beyond
// what it was asked for, before the acknowledgement, or for somebody else.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { toEvent } from '../support/fake-upstream.ts';
import { type RuledGateway, startRuledGateway, toForwarded } from '../through/policy/support/ruled-gateway.ts';

const RULES = [
  { id: 'readers', allow: { tools: ['read_*'], resources: ['files://open/**'] }, to: { groups: ['readers'] } },
  { id: 'no-prompts', deny: { prompts: ['*'] } },
  { id: 'no-vault', deny: { resources: ['files://open/vault/**'] } },
  { id: 'scoped', allow: { resources: ['files://scoped/**'] }, to: { scopes: ['files:scoped'] } },
];

const OPEN = 'files://open/a';
const EVERYTHING = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resourceSubscriptions: [OPEN, 'files://secret/b', 'files://open/vault/key', 'files://open/../secret/b'],
};

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const note = (method: string, params: object = {}, id: unknown = 1): string =>
  toEvent({ method: `notifications/${method}`, params: { _meta: { [SUBSCRIPTION]: id }, ...params } });
const ack = (notifications: object, id: unknown = 1): string =>
  note('subscriptions/acknowledged', { notifications }, id);
const updated = (uri: unknown, id: unknown = 1): string => note('resources/updated', { uri }, id);
const raw = (message: string): string => `event: message\ndata: ${message}\n\n`;
const DONE = toEvent({ id: 1, result: { resultType: 'complete' } });

/** Listens to all this, before a server that says all that and ends. */
async function listen(t: TestContext, notifications: object, events: readonly string[], claims: object = READER) {
  const ruled = await startRuledGateway(t, { rules: RULES });
  ruled.server.behave((_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end([...events, DONE].join(''));
  });
  const caller = await ruled.makeCaller(claims);
  const answer = await caller.ask('subscriptions/listen', { notifications });
  return { ...ruled, answer, heard: answer.text.replace(DONE, '') };
}

const READER = { groups: ['readers'] };

const toAsked = ({ server }: Pick<RuledGateway, 'server'>): unknown =>
  toForwarded(server).map(({ message }) => message.params['notifications']);

test('the server is asked for what the caller may hear of, and for nothing else', async (t) => {
  const { answer, server } = await listen(t, { ...EVERYTHING, secretsChanged: true, taskIds: undefined }, [ack({})]);
  assert.equal(answer.status, 200);
  assert.deepEqual(toAsked({ server }), [
    { toolsListChanged: true, promptsListChanged: false, resourcesListChanged: true, resourceSubscriptions: [OPEN] },
  ]);
});

test('an acknowledgement of more than was asked is cut to what was', async (t) => {
  const acknowledged = { ...EVERYTHING, secretsChanged: true, resourceSubscriptions: ['files://secret/b', OPEN, 7] };
  const { heard } = await listen(t, EVERYTHING, [ack(acknowledged)]);
  const [, data = ''] = heard.split('data: ');
  assert.deepEqual(JSON.parse(data).params.notifications, {
    toolsListChanged: true,
    resourcesListChanged: true,
    resourceSubscriptions: [OPEN],
  });
});

test('what the server says beyond what the caller may hear is left out', async (t) => {
  const allowed = [
    note('tools/list_changed'),
    note('resources/list_changed'),
    updated(OPEN),
    updated('files://open/a/part'),
  ];
  const { heard } = await listen(t, EVERYTHING, [
    ack({ toolsListChanged: true }),
    note('prompts/list_changed'),
    updated('files://secret/b'),
    updated('files://open/vault/key'),
    updated('files://open/../secret/b'),
    updated('FILES://open/a'),
    updated(7),
    updated(['files://open/a']),
    note('resources/updated'),
    note('secrets/list_changed'),
    note('tasks', { taskId: 't', status: 'working' }),
    note('elicitation/complete', { elicitationId: 'x' }),
    ...allowed,
  ]);
  assert.equal(heard, [ack({ toolsListChanged: true }), ...allowed].join(''));
});

test('what comes before the acknowledgement is left out, a second acknowledgement too', async (t) => {
  const first = ack({ toolsListChanged: true });
  const { heard } = await listen(t, EVERYTHING, [
    note('tools/list_changed'),
    updated(OPEN),
    updated('files://secret/b'),
    first,
    ack({ resourceSubscriptions: ['files://secret/b'] }),
    note('tools/list_changed'),
  ]);
  assert.equal(heard, first + note('tools/list_changed'));
});

test('what carries the id of another stream, or none, is left out', async (t) => {
  const first = ack({ toolsListChanged: true });
  const { heard } = await listen(t, EVERYTHING, [
    ack({ toolsListChanged: true }, 2),
    first,
    ...[2, '1', 1.5, null, [1], { id: 1 }, true].flatMap((id) => [
      note('tools/list_changed', {}, id),
      updated(OPEN, id),
    ]),
    toEvent({ method: 'notifications/tools/list_changed' }),
    toEvent({ method: 'notifications/tools/list_changed', params: { [SUBSCRIPTION]: 1 } }),
  ]);
  assert.equal(heard, first);
});

test('what was not asked for is not heard, though rules allow it', async (t) => {
  const first = ack({});
  const { heard } = await listen(t, { promptsListChanged: true }, [
    first,
    note('tools/list_changed'),
    note('resources/list_changed'),
    updated(OPEN),
  ]);
  assert.equal(heard, first);
});

test('names that only look like fields of the protocol are not heard', async (t) => {
  const first = ack({});
  const meta = `"_meta":{"${SUBSCRIPTION}":1}`;
  const { heard } = await listen(t, EVERYTHING, [
    first,
    raw(
      `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{${meta},"uri":"${OPEN}","URI":"files://secret/b"}}`,
    ),
    raw(
      `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","Method":"notifications/prompts/list_changed","params":{${meta}}}`,
    ),
  ]);
  assert.equal(heard, first);
});

test('a malformed acknowledgement ends the stream before the caller hears anything', async (t) => {
  for (const notifications of [7, [], null, 'all']) {
    const { answer } = await listen(t, EVERYTHING, [note('subscriptions/acknowledged', { notifications })]);
    assert.deepEqual([answer.status, JSON.parse(answer.text).error.data], [502, { reason: 'upstream_failed' }]);
  }
});

test('a stream with nothing but a resource that lacks a scope is challenged for it', async (t) => {
  const { answer, server } = await listen(t, { resourceSubscriptions: ['files://scoped/a'] }, [ack({})]);
  assert.equal(answer.status, 403);
  assert.match(answer.headers.get('www-authenticate') ?? '', /scope="files:scoped", error="insufficient_scope"/);
  assert.deepEqual(toForwarded(server), []);
});

test('a caller whom no rule means may not listen at all', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES.filter(({ id }) => id !== 'scoped') });
  const answer = await (await makeCaller({ groups: ['nobody'] })).ask('subscriptions/listen', {
    notifications: EVERYTHING,
  });
  assert.deepEqual([answer.status, JSON.parse(answer.text).error.data], [403, { reason: 'denied' }]);
  assert.deepEqual(toForwarded(server), []);
});

test('an open stream tells of an allowed change the moment it comes, and never of a forbidden one', async (t) => {
  const { makeCaller, server } = await startRuledGateway(t, { rules: RULES });
  const { promise: said, resolve: say } = Promise.withResolvers<void>();
  server.behave(async (_hit, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(ack({ resourceSubscriptions: [OPEN] }));
    await said;
    response.write(updated('files://secret/b') + updated(OPEN));
  });
  const caller = await makeCaller(READER);
  const call = caller.open('subscriptions/listen', { notifications: EVERYTHING });
  t.after(() => call.leave());
  assert.equal(await call.read('acknowledged'), ack({ resourceSubscriptions: [OPEN] }));
  say();
  assert.equal(await call.read('resources/updated'), ack({ resourceSubscriptions: [OPEN] }) + updated(OPEN));
});
