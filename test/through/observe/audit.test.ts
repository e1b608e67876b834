// Ten thousand requests of all kinds: what the audit trail says of each is what its client, the server and the metrics counted.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { toRequestBody } from '../../support/mcp-request.ts';
import { RESOURCE, toGuardedConfig } from '../identity/support/guarded-gateway.ts';
import { startChildGateway, toConfig } from '../support/child-gateway.ts';
import type { MetricReader } from '../support/read-metrics.ts';
import { startUpstream } from '../support/start.ts';
import { until } from '../support/until.ts';
import { type AuditFolder, type AuditLine, makeAuditFolder, verifyTrail } from './support/audit-trail.ts';
import { sendMixed, type Told, type Wish } from './support/mixed-client.ts';
import { LIVE, TASK_META, TASKS, TOTAL, toWishes } from './support/mixed-requests.ts';
import { behaveMixed } from './support/mixed-upstream.ts';

const RULES = [
  { id: 'reading', allow: { tools: ['read_*', 'secret_*'] }, to: { scopes: ['weather:read'] } },
  { id: 'writing', allow: { tools: ['write_*'] }, to: { scopes: ['weather:write'] } },
  { id: 'never', deny: { tools: ['secret_*'] }, to: { everyone: true } },
];
interface Run {
  readonly told: readonly Told[];
  readonly folder: AuditFolder;
  readonly metrics: MetricReader;
  /** Names of tools and tasks that reached the server. */
  readonly reached: readonly string[];
  readonly publicKey: string;
}

async function run(t: TestContext): Promise<Run> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const upstream = await startUpstream(t, behaveMixed);
  const folder = makeAuditFolder(t);
  const keys = generateKeyPairSync('ed25519');
  const [privateKey, publicKey] = [join(folder.path, 'key.pem'), join(folder.path, 'public.pem')];
  writeFileSync(privateKey, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  writeFileSync(publicKey, keys.publicKey.export({ format: 'pem', type: 'spki' }));
  const upstreams = {
    fleet: { instances: [upstream.url], paramHeaders: 'forward', health: { ejectAfter: 1_000_000 } },
  };
  const guarded = await toGuardedConfig(t, {
    identity: { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] },
    rules: RULES,
    config: {
      upstreams,
      extensions: { [TASKS]: { to: { everyone: true } } },
      quotas: {
        rules: [
          { id: 'greedy', per: 'principal', to: { groups: ['greedy'] }, rate: '100/1h' },
          { id: 'tasks', per: 'principal', tasks: { live: LIVE } },
        ],
      },
      telemetry: {
        audit: { file: folder.file, checkpointKey: privateKey, checkpointEvery: 500 },
      },
    },
  });
  const gateway = await startChildGateway(t, { ...toConfig([]), ...guarded });
  const claims = { aud: RESOURCE, exp: Math.floor(Date.now() / 1000) + 600, scope: 'weather:read' };
  const ada = await issuer.sign({ ...claims, sub: 'ada', jti: 'j-1' });
  const greedy = await issuer.sign({ ...claims, sub: 'gordon', groups: ['greedy'] });

  const first = toWishes(ada, greedy, TOTAL - LIVE);
  const told = await sendMixed(gateway.port, first);
  const polls = told
    .filter(({ text }) => text.includes('"resultType":"task"'))
    .map((begun): Wish => {
      const { taskId } = (JSON.parse(begun.text) as { result: { taskId: string } }).result;
      return {
        name: taskId,
        token: ada,
        method: 'tasks/get',
        body: toRequestBody('tasks/get', { taskId, _meta: TASK_META }),
      };
    });
  told.push(...(await sendMixed(gateway.port, polls)));
  await until('nothing is open', async () => (await gateway.scrape()).get('mcp_gateway_requests_in_flight') === 0);
  await until('all lines are written', () => folder.requests().length === told.length);
  const metrics = await gateway.scrape();
  gateway.kill('SIGTERM');
  assert.deepEqual(await gateway.exit(), { code: 0, signal: null });
  const reached = upstream.hits
    .filter(({ message }) => message.method !== 'tools/list')
    .map(({ message }) => String(message.params['name'] ?? message.params['taskId']));
  return { told, folder, metrics, reached, publicKey };
}

function countBy<T>(items: readonly T[], toKey: (item: T) => string): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(toKey(item), (counts.get(toKey(item)) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** How the trail names what a client named. */
function toSpoken({ name, method }: Wish): string {
  if (method !== 'tasks/get') return name ?? '';
  return `sha256:${createHash('sha256')
    .update(name ?? '')
    .digest('hex')
    .slice(0, 32)}`;
}

/** The ending each kind of request must have, where it was not refused. */
function toEnding({ wish, reason }: Told): string {
  if (reason !== undefined) return 'refused';
  if (wish.method === 'notifications/cancelled') return 'acknowledged';
  const kind = wish.method === undefined ? wish.name?.split('_')[1] : undefined;
  return kind === 'leave' ? 'client_left' : kind === 'cut' ? 'cut' : kind === 'error' ? 'answered_error' : 'answered';
}

/** Whoever leaves is written down without one. */
const toStatus = (each: Told): number | undefined => (toEnding(each) === 'client_left' ? undefined : each.status);

test('ten thousand mixed requests: the trail joins one to one with clients, server and metrics, and is proven', async (t) => {
  const { told, folder, metrics, reached, publicKey } = await run(t);
  const lines = folder.requests();
  assert.equal(told.length, TOTAL);
  assert.equal(lines.length, TOTAL);
  assert.ok(told.every(({ status }) => status > 0));

  // By what clients saw, whether or not a name is known.
  const clientSide = countBy(told, (each) => `${toStatus(each)} ${each.reason ?? toEnding(each)}`);
  const trailSide = countBy(lines, (line) => `${line.status} ${line.refusal ?? line.ending}`);
  assert.deepEqual(trailSide, clientSide);
  assert.ok(Object.keys(clientSide).length >= 20, JSON.stringify(clientSide));

  // One by one, where the request had been read far enough to know its name.
  const byName = new Map(lines.filter(({ name }) => name !== undefined).map((line) => [line.name, line]));
  const unread = new Set(['token_absent', 'token_invalid', 'token_misplaced', 'header_mismatch', 'host_not_allowed']);
  const named = told.filter(({ wish, reason }) => wish.name !== undefined && !unread.has(reason ?? ''));
  assert.equal(byName.size, named.length);
  for (const each of named) assertJoined(each, byName.get(toSpoken(each.wish)));

  // Those that went to an instance are those the server saw.
  const sent = lines.filter(({ instance, method }) => instance !== undefined && method !== 'tools/list');
  const seen = reached.map((name) => (name.startsWith('t-') ? 'task' : name)).toSorted();
  assert.deepEqual(sent.map(({ method, name }) => (method === 'tasks/get' ? 'task' : String(name))).toSorted(), seen);

  assertMetrics(lines, metrics);

  const verified = await verifyTrail(folder.file, '--key', publicKey, '--complete');
  assert.deepEqual([verified.code, verified.err], [0, ''], verified.out);
  await assertChangeIsFound(folder, publicKey);
});

function assertJoined(each: Told, line: AuditLine | undefined): void {
  const what = `${each.wish.name} ${each.status} ${each.reason}`;
  assert.ok(line, `no line of ${what}`);
  assert.equal(line.status, toStatus(each), what);
  assert.equal(line.refusal, each.reason, what);
  assert.equal(line.ending, toEnding(each), what);
  assert.equal(line.bytesIn, each.sentBytes, what);
  if (each.whole) assert.equal(line.bytesOut, each.gotBytes, what);
  assert.equal(line.principal?.subject, each.wish.name?.startsWith('read_greedy') === true ? 'gordon' : 'ada', what);
}

function assertMetrics(lines: readonly AuditLine[], { get, samples }: MetricReader): void {
  // Bytes that never became a request are refusals, and no requests.
  const requests = lines.filter(({ requestId }) => requestId !== undefined);
  assert.equal(requests.length, TOTAL - 150);
  const sum = (name: string, toKey: (labels: Readonly<Record<string, string>>) => string) => {
    const counts: Record<string, number> = {};
    for (const sample of samples.filter((each) => each.name === name)) {
      const key = toKey(sample.labels);
      counts[key] = (counts[key] ?? 0) + sample.value;
    }
    return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  assert.deepEqual(
    countBy(
      requests,
      (line) => `${line.endpoint ?? 'none'} ${line.method ?? 'none'} ${line.ending} ${line.refusal ?? 'none'}`,
    ),
    sum(
      'mcp_gateway_requests_total',
      ({ endpoint, method, outcome, kind }) => `${endpoint} ${method} ${outcome} ${kind}`,
    ),
  );
  const refused = lines.filter(({ refusal }) => refusal !== undefined);
  assert.deepEqual(
    countBy(refused, ({ refusal }) => String(refusal)),
    sum('mcp_gateway_refusals_total', ({ kind }) => String(kind)),
  );
  const decided = lines.filter(({ decision }) => decision !== undefined);
  assert.deepEqual(
    countBy(decided, ({ decision }) => String(decision)),
    sum('mcp_gateway_decisions_total', ({ decision }) => String(decision)),
  );
  assert.equal(get('mcp_gateway_tool_calls_total'), lines.filter(({ method }) => method === 'tools/call').length);
  for (const rule of ['greedy', 'tasks']) {
    const turnedAway = lines.filter(({ quotaRule }) => quotaRule === rule).length;
    assert.ok(turnedAway > 0);
    assert.equal(get('mcp_gateway_quota_admissions_total', { rule, outcome: 'refused' }), turnedAway);
  }
  assert.equal(get('mcp_gateway_quota_live_tasks', { rule: 'tasks' }), LIVE);
  assert.equal(
    get('mcp_gateway_seals_total', { operation: 'seal', outcome: 'ok' }),
    total(lines.map(({ sealed }) => sealed)),
  );
  assert.equal(
    get('mcp_gateway_seals_total', { operation: 'open', outcome: 'ok' }),
    total(lines.map(({ opened }) => opened)),
  );
  assert.equal(get('mcp_gateway_audit_lines_total', { outcome: 'dropped' }), 0);
  assert.ok(get('mcp_gateway_audit_lines_total', { outcome: 'written' }) >= TOTAL);
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

async function assertChangeIsFound({ file, path }: AuditFolder, publicKey: string): Promise<void> {
  const bytes = readFileSync(file);
  const changed = join(path, 'changed.jsonl');
  // In a word of the middle of the file; `verify` names the line that holds it.
  const at = bytes.indexOf('"refusal":"denied"', bytes.length >> 1) + '"refusal":"'.length;
  const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
  bytes[at] = 'D'.charCodeAt(0);
  writeFileSync(changed, bytes);
  const { code, err } = await verifyTrail(changed, '--key', publicKey);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`changed.jsonl:${line}: changed`));
}
