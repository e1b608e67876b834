// The stage that authorizes: what each "no" looks like to the client, and what it never tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enveloped, Permitted, Principal } from '../../../gateway/exchange.ts';
import { toErrorBody } from '../../../gateway/mcp/json-rpc.ts';
import { type EndpointAccess, makeAuthorize } from '../../../gateway/policy/authorize.ts';
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
    challenge: (scopes) => ({ 'www-authenticate': `Bearer scope="${scopes.join(' ')}"` }),
    challengeAbsent: (scopes) => ({ 'www-authenticate': `Bearer absent scope="${scopes.join(' ')}"` }),
    ...parts,
  };
}

function makeRequest(draft: Draft, principal: Principal): Enveloped {
  const endpoint = { path: '/mcp', resource: 'https://mcp.example/mcp', methods: new Set<string>() };
  return { endpoint, body: toBody(draft), envelope: openDraft(draft), principal } as unknown as Enveloped;
}

const decisions: string[] = [];
const onDecision = (rule: string, decision: string): unknown => decisions.push(`${rule} ${decision}`);

function authorize(draft: Draft, principal: Principal, access: Partial<EndpointAccess> = {}): Permitted {
  const endpoints = new Map([['/mcp', makeAccess(access)]]);
  return makeAuthorize({ endpoints, onDecision })(makeRequest(draft, principal));
}

function findRefusal(draft: Draft, principal: Principal, access: Partial<EndpointAccess> = {}): Refusal {
  try {
    authorize(draft, principal, access);
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
  const listen = makeDraft('subscriptions/listen');
  assert.equal(authorize(listen, READER, none).permit.rule, 'a');
  replace(listen.params, 'notifications', '{"resourceSubscriptions":["x://a"]}');
  assert.equal(findRefusal(listen, READER, none).kind, 'denied');
  assert.equal(authorize(listen, READER).permit.rule, 'reads');
  replace(listen.params, 'notifications', '{"resourceSubscriptions":["x://a","x://b"]}');
  assert.equal(findRefusal(listen, READER).kind, 'denied');
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

test('an extension exists for whom it was granted to and for nobody else', () => {
  const worker = makePrincipal({ scopes: ['read', 'see', 'tasks'] });
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const draft = makeDraft(method);
    assert.equal(authorize(draft, worker).permit.rule, 'reads');
    assert.equal(findRefusal(draft, READER).kind, 'unknown_method');
    assert.equal(findRefusal(draft, worker, { extensions: new Map() }).kind, 'unknown_method');
    assert.equal(findRefusal(draft, worker, { extensions: new Map([[TASKS, makeGrant({})]]) }).kind, 'unknown_method');
    assert.equal(findRefusal(draft, READER, { rules: undefined }).kind, 'unknown_method');
    const open = { extensions: new Map([[TASKS, makeGrant({ everyone: true })]]), rules: undefined };
    assert.equal(authorize(draft, ANONYMOUS, open).permit.rule, 'open-gate');
  }
});

test('without rules the gate is open and says so; with an empty list it is shut', () => {
  assert.equal(authorize(makeCall('anything'), ANONYMOUS, { rules: undefined }).permit.rule, 'open-gate');
  assert.equal(decisions.at(-1), 'open-gate allowed');
  assert.equal(findRefusal(makeCall('anything'), READER, { rules: [] }).kind, 'denied');
});

test('an endpoint nobody configured access for is shut', () => {
  const authorize = makeAuthorize({ endpoints: new Map() });
  assert.throws(() => authorize(makeRequest(makeCall('get'), READER)), { kind: 'denied' });
});
