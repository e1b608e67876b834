// The stage that authorizes: what each "no" looks like to the client, and what it never tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enveloped, OpenedTask, Permitted, Principal } from '../../../gateway/exchange.ts';
import { applyEdits } from '../../../gateway/mcp/edits.ts';
import { toErrorBody } from '../../../gateway/mcp/json-rpc.ts';
import { type AuthorizeSettings, makeAuthorization } from '../../../gateway/policy/authorize.ts';
import type { EndpointAccess } from '../../../gateway/policy/compile-access.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { type Draft, makeDraft, openDraft, replace, toBody } from '../mcp/make-request.ts';
import { ANONYMOUS, makeGrant, makePrincipal, makeRule } from './make-rules.ts';

const RULES = [
  makeRule('reads', 'allow', {
    tools: ['get', 'weather'],
    resources: ['x://a', 'x://t/*'],
    prompts: ['greet'],
    to: { scopes: ['read', 'see'] },
  }),
  makeRule('secret-deny', 'deny', { tools: ['drop'] }),
];
const TASKS = 'io.modelcontextprotocol/tasks';

function makeAccess(parts: Partial<EndpointAccess> = {}): EndpointAccess {
  return {
    rules: RULES,
    onDeny: 'challenge',
    extensions: new Map([[TASKS, makeGrant({ scopes: ['tasks'] })]]),
    meta: { allow: ['com.example/*', 'net.example/trace'], mode: 'remove' },
    digest: '00112233aabbccdd',
    challenge: (scopes) => ({ 'www-authenticate': `Bearer scope="${scopes.join(' ')}"` }),
    challengeAbsent: (scopes) => ({ 'www-authenticate': `Bearer absent scope="${scopes.join(' ')}"` }),
    ...parts,
  };
}

function makeRequest(draft: Draft, principal: Principal): Enveloped {
  const endpoint = { path: '/mcp', resource: 'https://mcp.example/mcp', methods: new Set<string>() };
  return { endpoint, body: toBody(draft), envelope: openDraft(draft), principal, edits: [] } as unknown as Enveloped;
}

const decisions: string[] = [];
const onDecision = (rule: string, decision: string): unknown => decisions.push(`${rule} ${decision}`);

const TASK: OpenedTask = { upstream: 'fleet', instance: undefined, tool: 'get', id: 't' };

function makeStage(access: Partial<EndpointAccess>, hooks: Partial<AuthorizeSettings> = {}) {
  return makeAuthorization({
    endpoints: new Map([['/mcp', makeAccess(access)]]),
    nowMs: () => 0,
    openTask: () => TASK,
    knows: () => true,
    onDecision,
    ...hooks,
  });
}

function authorize(
  draft: Draft,
  principal: Principal,
  access: Partial<EndpointAccess> = {},
  hooks: Partial<AuthorizeSettings> = {},
): Permitted {
  const permitted = makeStage(access, hooks).authorize(makeRequest(draft, principal));
  assert(!(permitted instanceof Promise), 'nothing had to be waited for');
  return permitted;
}

/** What goes upstream. */
function toSent({ body, edits }: Permitted): { readonly params: Readonly<Record<string, unknown>> } {
  return JSON.parse(applyEdits(body, edits).toString()) as ReturnType<typeof toSent>;
}

function findRefusal(
  draft: Draft,
  principal: Principal,
  access: Partial<EndpointAccess> = {},
  hooks: Partial<AuthorizeSettings> = {},
): Refusal {
  try {
    authorize(draft, principal, access, hooks);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('not refused');
}

function makeCall(name: string): Draft {
  const draft = makeDraft('tools/call');
  replace(draft.params, 'name', JSON.stringify(name));
  replace(draft.headers, 'Mcp-Name', name);
  return draft;
}

const READER = makePrincipal({ scopes: ['read', 'see'] });
const STRANGER = makePrincipal();

test('an allowed request carries a permit that names the rule, and is otherwise the same', () => {
  const { permit, envelope } = authorize(makeCall('get'), READER);
  assert.equal(permit.rule, 'reads');
  assert.equal(envelope.name, 'get');
  assert.equal(decisions.at(-1), 'reads allowed');
});

test('missing scopes are challenged for all of them, also where denials are hidden', () => {
  for (const onDeny of ['challenge', 'hide'] as const) {
    const refusal = findRefusal(makeCall('get'), makePrincipal({ scopes: ['see'] }), { onDeny });
    assert.equal(refusal.kind, 'scope_missing');
    assert.equal(refusal.row.status, 403);
    assert.deepEqual(refusal.detail.headers, { 'www-authenticate': 'Bearer scope="read see"' });
    assert.equal(decisions.at(-1), 'reads scopes');
  }
});

test('an anonymous caller whom only scopes keep out is asked for a token, not told of an error', () => {
  const refusal = findRefusal(makeCall('get'), ANONYMOUS);
  assert.equal(refusal.kind, 'token_absent');
  assert.equal(refusal.row.status, 401);
  assert.deepEqual(refusal.detail.headers, { 'www-authenticate': 'Bearer absent scope="read see"' });
});

test('a denial and the lack of a rule look the same to the client and differ in the record', () => {
  const denied = findRefusal(makeCall('drop'), READER);
  assert.equal(decisions.at(-1), 'secret-deny denied');
  const unknown = findRefusal(makeCall('other'), READER);
  assert.equal(decisions.at(-1), 'none no_rule');
  assert.equal(toErrorBody(denied), toErrorBody(unknown));
  assert.deepEqual([denied.row.status, denied.row.code, denied.detail.headers], [403, 403, undefined]);
  assert.doesNotMatch(toErrorBody(denied), /secret|deny|drop|read/);
  assert.deepEqual([denied.detail.reason, unknown.detail.reason], ['denied', 'no_rule']);
});

test('where denials are hidden they are unknown names, but a list is not', () => {
  const hide = { onDeny: 'hide' } as const;
  const [denied, unknown] = [findRefusal(makeCall('drop'), READER, hide), findRefusal(makeCall('other'), READER, hide)];
  assert.equal(denied.kind, 'unknown_name');
  assert.equal(toErrorBody(denied), toErrorBody(unknown));
  const list = findRefusal(makeDraft('tools/list'), STRANGER, { ...hide, rules: [] });
  assert.equal(list.kind, 'denied');
});

test('every door is guarded by what the body names', () => {
  const none = { rules: [makeRule('a', 'allow', { tools: ['a'], to: { everyone: true } })] };
  const doors = ['tools/call', 'prompts/get', 'resources/read', 'completion/complete'];
  for (const method of doors) assert.equal(findRefusal(makeDraft(method), READER, none).kind, 'denied', method);
  const complete = makeDraft('completion/complete');
  assert.equal(authorize(complete, READER).permit.rule, 'reads');
  replace(complete.params, 'ref', '{"type":"ref/resource","uri":"x://t/{id}"}');
  assert.equal(authorize(complete, READER).permit.rule, 'reads');
  replace(complete.params, 'ref', '{"type":"ref/resource","uri":"x://u/{id}"}');
  assert.equal(findRefusal(complete, READER).kind, 'denied');
});

test('an ambiguous URI is denied, and the log knows why', () => {
  const draft = makeDraft('resources/read');
  replace(draft.params, 'uri', '"x://t/../a"');
  replace(draft.headers, 'Mcp-Name', 'x://t/../a');
  const refusal = findRefusal(draft, READER);
  assert.deepEqual([refusal.kind, refusal.detail.reason], ['denied', 'uri_dot_segment']);
});

function declare(draft: Draft, ...extensions: readonly string[]): Draft {
  const declared = Object.fromEntries(extensions.map((id) => [id, {}]));
  replace(draft.meta, 'io.modelcontextprotocol/clientCapabilities', JSON.stringify({ extensions: declared }));
  return draft;
}

test('an extension exists for whom it was granted to and for nobody else', () => {
  const worker = makePrincipal({ scopes: ['read', 'see', 'tasks'] });
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const draft = declare(makeDraft(method), TASKS);
    assert.equal(authorize(draft, worker).permit.rule, 'reads');
    assert.equal(findRefusal(draft, READER).kind, 'unknown_method');
    assert.equal(findRefusal(draft, worker, { extensions: new Map() }).kind, 'unknown_method');
    assert.equal(findRefusal(draft, worker, { extensions: new Map([[TASKS, makeGrant({})]]) }).kind, 'unknown_method');
    assert.equal(findRefusal(draft, READER, { rules: undefined }).kind, 'unknown_method');
    const open = { extensions: new Map([[TASKS, makeGrant({ everyone: true })]]), rules: undefined };
    assert.equal(authorize(draft, ANONYMOUS, open).permit.rule, 'open-gate');
  }
});

test('a method of an extension that the request does not declare is told what is missing', () => {
  const worker = makePrincipal({ scopes: ['read', 'see', 'tasks'] });
  const refusal = findRefusal(makeDraft('tasks/get'), worker);
  assert.equal(refusal.kind, 'capability_missing');
  assert.deepEqual(refusal.detail.data, { requiredCapabilities: { extensions: { [TASKS]: {} } } });
});

test('what the client declares goes upstream without the extensions it was not granted', () => {
  const draft = declare(makeCall('get'), 'com.example/a', TASKS, 'com.example/b');
  const worker = makePrincipal({ scopes: ['read', 'see', 'tasks'] });
  const sentOf = (principal: Principal): unknown =>
    (toSent(authorize(draft, principal)).params['_meta'] as Record<string, unknown>)[
      'io.modelcontextprotocol/clientCapabilities'
    ];
  assert.deepEqual(sentOf(worker), { extensions: { [TASKS]: {} } });
  assert.deepEqual(sentOf(READER), { extensions: {} });
});

test('a task is judged by the tool that began it, and an id we did not give is refused before any rule is asked', () => {
  const worker = makePrincipal({ scopes: ['read', 'see', 'tasks'] });
  const draft = declare(makeDraft('tasks/get'), TASKS);
  assert.equal(authorize(draft, worker).task, TASK);
  const dropped = findRefusal(draft, worker, {}, { openTask: () => ({ ...TASK, tool: 'drop' }) });
  assert.equal(dropped.kind, 'denied');
  const foreign = findRefusal(draft, worker, {}, { openTask: () => undefined });
  assert.deepEqual([foreign.kind, foreign.detail.decision], ['state_invalid', undefined]);
});

test('a listening request is cut to what its caller may hear of', () => {
  const listen = makeDraft('subscriptions/listen');
  replace(
    listen.params,
    'notifications',
    '{"toolsListChanged":true,"resourceSubscriptions":["x://a","x://b", "x://t/1"]}',
  );
  const { notifications } = toSent(authorize(listen, READER)).params;
  assert.deepEqual(notifications, { toolsListChanged: true, resourceSubscriptions: ['x://a', 'x://t/1'] });
  const none = { rules: [makeRule('a', 'allow', { tools: ['a'], to: { everyone: true } })] };
  assert.deepEqual(toSent(authorize(listen, READER, none)).params['notifications'], {
    toolsListChanged: true,
    resourceSubscriptions: [],
  });
  replace(listen.params, 'notifications', '{"resourceSubscriptions":["x://a","x://b"]}');
  const short = findRefusal(listen, makePrincipal({ scopes: ['see'] }));
  assert.equal(short.kind, 'scope_missing', 'where only scopes are missing, they are asked for');
});

test('keys of _meta that the protocol does not define are let through by name, removed, or refused', () => {
  const draft = makeCall('get');
  draft.meta.push(['com.example/a', '1']);
  draft.meta.push(['com.other/b', '2']);
  draft.meta.push(['net.example/trace', '3']);
  const sent = toSent(authorize(draft, READER)).params['_meta'] as Record<string, unknown>;
  assert.deepEqual(
    Object.keys(sent).filter((key) => !key.startsWith('io.')),
    ['com.example/a', 'net.example/trace'],
  );
  const strict = findRefusal(draft, READER, { meta: { allow: ['com.example/*'], mode: 'strict' } });
  assert.deepEqual([strict.kind, strict.detail.reason], ['bad_params', 'meta_key']);
});

test('a key under a prefix the specification reserves is refused, whatever is let through', () => {
  for (const key of ['io.modelcontextprotocol/other', 'com.mcp/x', 'dev.mcp.tools/y', 'io.ModelContextProtocol/z']) {
    const draft = makeCall('get');
    draft.meta.push([key, '1']);
    const refusal = findRefusal(draft, READER, { meta: { allow: ['*'], mode: 'remove' } });
    assert.deepEqual([refusal.kind, refusal.detail.reason], ['bad_params', 'meta_reserved'], key);
  }
});

test('every decision names the digest of the policy that made it', () => {
  assert.equal(authorize(makeCall('get'), READER).permit.policy, '00112233aabbccdd');
  assert.deepEqual(findRefusal(makeCall('drop'), READER).detail.decision, {
    outcome: 'denied',
    rule: 'secret-deny',
    policy: '00112233aabbccdd',
  });
});

test('rules in shadow mode change nothing and are told of', () => {
  const told: unknown[] = [];
  const rules = [...RULES, { ...makeRule('candidate', 'deny', { tools: ['get'] }), mode: 'shadow' as const }];
  const hooks = { onShadow: (_request: unknown, difference: unknown) => told.push(difference) };
  assert.equal(authorize(makeCall('get'), READER, { rules }, hooks).permit.rule, 'reads');
  assert.equal(authorize(makeCall('weather'), READER, { rules }, hooks).permit.rule, 'reads');
  assert.deepEqual(told, [{ rule: 'candidate', would: 'denied' }]);
});

test('where denials are hidden a name that is allowed and does not exist looks like one that is denied', async () => {
  const everything = {
    onDeny: 'hide',
    rules: [makeRule('all', 'allow', { tools: ['*'], to: { everyone: true } })],
  } as const;
  const absent = findRefusal(makeCall('nothing'), READER, everything, { knows: () => false });
  assert.equal(toErrorBody(absent), toErrorBody(findRefusal(makeCall('drop'), READER, { onDeny: 'hide' })));
  const later = makeStage(everything, { knows: () => Promise.resolve(false) });
  await assert.rejects(async () => later.authorize(makeRequest(makeCall('nothing'), READER)), { kind: 'unknown_name' });
  assert.equal(authorize(makeCall('get'), READER, { rules: RULES }, { knows: () => false }).permit.rule, 'reads');
});

test('without rules the gate is open and says so; with an empty list it is shut', () => {
  assert.equal(authorize(makeCall('anything'), ANONYMOUS, { rules: undefined }).permit.rule, 'open-gate');
  assert.equal(decisions.at(-1), 'open-gate allowed');
  assert.equal(findRefusal(makeCall('anything'), READER, { rules: [] }).kind, 'denied');
});

test('an endpoint nobody configured access for is shut', () => {
  const stage = makeStage({}, { endpoints: new Map() });
  assert.throws(() => stage.authorize(makeRequest(makeCall('get'), READER)), { kind: 'denied' });
});
