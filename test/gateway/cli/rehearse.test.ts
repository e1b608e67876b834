// A rehearsal says what the gateway does: the same calls, made up here and sent through real sockets there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toSubject } from '../../../gateway/cli/rehearsal-subject.ts';
import { makeRehearsal, type Verdict } from '../../../gateway/cli/rehearse.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { loadConfig } from '../../../gateway/config/load-config.ts';
import { readCaller } from '../../../gateway/config/read-caller.ts';
import { explainDecision } from '../../../gateway/policy/explain.ts';
import { type FakeIssuer, startFakeIssuer } from '../../support/fake-issuer.ts';
import { type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../../support/gateway-under-test.ts';
import { type RawAnswer, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { makeConfigDir } from '../config/make-config-dir.ts';

const RULES = `rules:
  - { id: readers, allow: { tools: ["get_*"], prompts: [p], resources: ["x://**"] }, to: { scopes: ["x:read"] } }
  - { id: both, allow: { tools: [put] }, to: { scopes: ["x:read", "x:write"] } }
  - { id: team, allow: { tools: ["*"] }, to: { groups: [team], clients: [app] } }
  - { id: never, deny: { tools: [get_secret], resources: ["x://secret/**"] } }
  - { id: small, deny: { tools: [get_page] }, when: args.n > 9007199254740992 }
  - { id: own, deny: { tools: [get_own] }, when: args.tenant != principal.claims.tenant }
  - { id: open, allow: { tools: [hello] }, to: { everyone: true } }
`;
const RESOURCE = 'https://mcp.example.com/mcp';

/** By what a token says; the times and the audience are added. */
const CALLERS: readonly object[] = [
  {},
  { scope: 'x:read', tenant: 'acme' },
  { scope: 'x:admin' },
  { scope: 'x:read x:write', client_id: 'app', groups: ['team'] },
  { groups: ['team'], client_id: 'other' },
  { groups: 'team', client_id: 'app' },
  { scope: ['x:read'], tenant: ['acme'] },
  { scope: 7 },
];

const CALLS: readonly (readonly [method: string, name: string, args?: string])[] = [
  ['tools/call', 'get_x'],
  ['tools/call', 'get_secret'],
  ['tools/call', 'put'],
  ['tools/call', 'hello'],
  ['tools/call', 'ｇet_secret'],
  ['tools/call', 'constructor'],
  ['tools/call', 'get_page', '{"n":9007199254740992}'],
  ['tools/call', 'get_page', '{"n":9007199254740993}'],
  ['tools/call', 'get_page', '{"n":1e400}'],
  ['tools/call', 'get_page', '{}'],
  ['tools/call', 'get_own', '{"tenant":"acme"}'],
  ['tools/call', 'get_own', '{"tenant":["acme"]}'],
  ['tools/call', 'get_own', '{"tenant":1,"tenant":"acme"}'],
  ['prompts/get', 'p'],
  ['prompts/get', 'q'],
  ['resources/read', 'x://a/b'],
  ['resources/read', 'x://secret/b'],
  ['resources/read', 'x://a/../b'],
  ['resources/read', 'y://a'],
];

let issuer: FakeIssuer;
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;
let config: GatewayConfig;
let stop: (() => void)[] = [];

before(async () => {
  issuer = await startFakeIssuer();
  upstream = await startFakeUpstream();
  const keep = { after: (done: () => void) => stop.push(done) };
  const dir = makeConfigDir(keep as unknown as Parameters<typeof makeConfigDir>[0]);
  const top = {
    publicUrl: 'https://mcp.example.com',
    allowedHosts: ['*'],
    identity: { issuers: [{ issuer: issuer.issuer, scopeImplies: { 'x:admin': ['x:read'] } }] },
    endpoints: { '/mcp': { upstream: 'fleet', access: [dir.write('access.yaml', RULES)] } },
  };
  gateway = await startGatewayUnderTest({ instances: [upstream.url], config: top });
  const whole = { ...top, upstreams: { fleet: { instances: [upstream.url] } } };
  dir.write('gateway.yaml', JSON.stringify(whole));
  const loaded = loadConfig(dir.file, {});
  assert.ok(loaded.ok);
  config = loaded.config;
});

after(async () => {
  for (const done of stop) done();
  await Promise.all([gateway.close(), issuer.close(), upstream.close()]);
});

async function send(claims: object | undefined, method: string, name: string, args: string): Promise<RawAnswer> {
  const times = { iss: issuer.issuer, sub: 's', aud: RESOURCE, iat: nowS(), exp: nowS() + 600 };
  const token = claims === undefined ? undefined : await issuer.sign({ ...times, ...claims });
  const field = method === 'resources/read' ? { uri: name } : { name, arguments: 'ARGUMENTS' };
  const wire = /^[ -~]*$/.test(name) ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
  const lines = [...toHeaderLines(method, wire)];
  if (token !== undefined) lines.push(['Authorization', `Bearer ${token}`]);
  const body = toRequestBody(method, field).replace('"ARGUMENTS"', () => args);
  return sendRaw({ port: gateway.port, lines, body });
}

const nowS = (): number => Math.floor(Date.now() / 1000);

/** What the answer amounts to, in the words of a verdict. */
function toOutcome({ status, headers, text }: RawAnswer): string {
  if (status === 200) return 'allow';
  const reason = /"reason":"([a-z_]+)"/.exec(text)?.[1];
  const scopes = / scope="([^"]*)"/.exec(headers.get('www-authenticate') ?? '')?.[1] ?? '';
  if (reason === 'scope_missing' || reason === 'token_absent') return `challenge for ${scopes}`;
  return reason === 'denied' ? 'deny' : `refuse: ${reason}`;
}

function sayOutcome(verdict: Verdict): string {
  if (verdict.outcome === 'challenge') return `challenge for ${verdict.scopes.join(' ')}`;
  return verdict.outcome === 'refuse' ? `refuse: ${verdict.refusal.kind}` : verdict.outcome;
}

for (const claims of [...CALLERS, undefined]) {
  test(`a rehearsal and the gateway agree about ${claims === undefined ? 'nobody' : JSON.stringify(claims)}`, async () => {
    const endpoint = config.endpoints.get('/mcp');
    assert.ok(endpoint);
    const rehearse = makeRehearsal(config);
    const read = readCaller(claims === undefined ? { anonymous: true } : { iss: issuer.issuer, sub: 's', ...claims });
    assert.ok('caller' in read);
    const seen = new Set<string>();
    for (const [method, name, args = '{}'] of CALLS) {
      const call = { method, name, args, params: new Map<string, string>(), nowMs: Date.now() };
      const verdict = await rehearse(endpoint, read.caller, call);
      const outcome = sayOutcome(verdict);
      const answer = await send(claims, method, name, args);
      assert.equal(outcome, toOutcome(answer), `${method} ${name} ${args}: ${answer.status} ${answer.text}`);
      seen.add(outcome);
      if (verdict.outcome === 'refuse' || verdict.principal === undefined) continue;
      const subject = toSubject({ call }, '/mcp', verdict.principal);
      assert.ok(subject);
      const explained = explainDecision(
        endpoint.access ?? [],
        verdict.principal,
        subject.kind,
        subject.name,
        subject.facts,
      );
      assert.equal(explained.decision.allowed, verdict.outcome === 'allow', `${method} ${name} ${args}`);
      assert.equal(explained.decision.rule ?? 'none', verdict.rule);
      // What the table says leads to the same answer.
      const fitting = explained.rules.filter(({ lacks }) => lacks.length === 0);
      const denied = fitting.some(({ effect }) => effect === 'deny');
      assert.equal(fitting.length > 0 && !denied, verdict.outcome === 'allow', `${method} ${name} ${args}`);
    }
    assert.ok(seen.size > 0);
  });
}
