// Two gateways that live through everything dashboards show: one with sound neighbours and good and bad callers, one with sick neighbours.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FakeIssuer, startFakeIssuer } from '../../support/fake-issuer.ts';
import { type HeaderLines, sendCall, sendRaw, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { PUBLIC_URL, RESOURCE, toBearer, writeAccess } from '../../through/identity/support/guarded-gateway.ts';
import { findFreePort } from '../../through/quota/support/start-redis.ts';
import { toTaskBody } from '../../through/quota/support/task-client.ts';
import { makeTlsFiles, startTlsUpstream } from '../../through/support/certificates.ts';
import { type ChildGateway, startChildGateway, toConfig } from '../../through/support/child-gateway.ts';
import { makeDeadUrl, startUpstream } from '../../through/support/start.ts';
import { serveBusily } from './busy-server.ts';

export interface BusyGateways {
  readonly gateways: readonly ChildGateway[];
  /** Everything once more. */
  readonly live: () => Promise<void>;
}

const RULES = [
  { id: 'reading', allow: { tools: ['read_*', 'ask_*', 'start_*'] }, to: { scopes: ['weather:read'] } },
  { id: 'writing', allow: { tools: ['write_*'] }, to: { scopes: ['weather:read', 'weather:write'] } },
  { id: 'no-secrets', deny: { tools: ['read_secret'] } },
  { id: 'candidate', mode: 'shadow', deny: { tools: ['read_station'] } },
];

const perTool = (id: string, tool: string, more: object): object => ({
  id,
  per: 'principal',
  match: { names: [tool] },
  ...more,
});

export async function startBusyGateways(t: TestContext): Promise<BusyGateways> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const [guarded, troubled] = await Promise.all([startGuarded(t, issuer), startTroubled(t)]);
  const token = await issuer.sign({
    sub: 'ada',
    aud: RESOURCE,
    client_id: 'desk',
    scope: 'weather:read',
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  await troubled.write('listen: nowhere\n');
  troubled.kill('SIGHUP');
  return {
    gateways: [guarded, troubled],
    live: async () => void (await Promise.all([visitGuarded(guarded.port, token), visitTroubled(troubled.port)])),
  };
}

async function startGuarded(t: TestContext, issuer: FakeIssuer): Promise<ChildGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-busy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const collector = await startOtlpReceiver();
  t.after(() => collector.close());
  const server = await startUpstream(t, serveBusily);
  const access = [await writeAccess(t, RULES)];
  return startChildGateway(
    t,
    toConfig([], {
      publicUrl: PUBLIC_URL,
      allowedHosts: ['127.0.0.1'],
      limits: { body: '64KiB' },
      identity: { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] },
      upstreams: { fleet: { instances: [server.url], paramHeaders: 'forward' }, vault: await makeVault(t) },
      endpoints: { '/mcp': { upstream: 'fleet', access }, '/vault': { upstream: 'vault', access } },
      extensions: { 'io.modelcontextprotocol/tasks': { to: { everyone: true } } },
      quotas: {
        rules: [
          perTool('limited', 'read_limited', { rate: '1/1h' }),
          perTool('exports', 'start_export', { tasks: { live: 1 } }),
          perTool('inline', 'start_inline', { tasks: { live: 1, overLimit: 'inline' } }),
        ],
      },
      sealing: { keys: [{ id: 'k1', secret: randomBytes(32).toString('base64') }] },
      telemetry: {
        log: { level: 'info' },
        audit: { file: join(folder, 'audit.jsonl'), flushEvery: '100ms' },
        traces: { otlp: collector.url, sample: 1 },
      },
    }),
  );
}

/** An upstream to which the gateway proves itself by a certificate. */
async function makeVault(t: TestContext): Promise<object> {
  const { authority, here, write } = await makeTlsFiles(t);
  const server = await startTlsUpstream(t, here, authority.ca);
  const { cert, key } = authority.certify('DNS:gateway.test');
  return {
    instances: [server.url],
    paramHeaders: 'forward',
    tls: { ca: await write(authority.ca), cert: await write(cert), key: await write(key) },
  };
}

/** Its quota store, one of two servers and a whole upstream are down. */
async function startTroubled(t: TestContext): Promise<ChildGateway> {
  const server = await startUpstream(t, serveBusily);
  const health = { ejectAfter: 2, ejectFor: '1s' };
  const gone = { instances: [await makeDeadUrl()], health: { active: { every: '100ms', timeout: '100ms' } } };
  return startChildGateway(
    t,
    toConfig([], {
      upstreams: { fleet: { instances: [server.url, await makeDeadUrl()], health }, gone },
      endpoints: { '/mcp': { upstream: 'fleet' }, '/gone': { upstream: 'gone' } },
      quotas: {
        store: `redis://127.0.0.1:${await findFreePort()}`,
        rules: [
          perTool('uncounted', 'read_station', { rate: '10/1s' }),
          perTool('shut', 'read_limited', { rate: '10/1s', onStoreFailure: 'deny' }),
        ],
      },
      sealing: { keys: [{ id: 'k1', secret: randomBytes(32).toString('base64') }] },
    }),
  );
}

/** Calls, good and bad ones, and requests that no honest client sends. */
async function visitGuarded(port: number, token: string): Promise<void> {
  const bearer = toBearer(token);
  const call = (name: string, more: object = {}, lines: HeaderLines = bearer) =>
    sendRaw({
      port,
      lines: [...toHeaderLines('tools/call', name), ...lines],
      body: toRequestBody('tools/call', { name, arguments: {}, ...more }),
    });
  const task = (method: string, name: string, params: object) =>
    sendRaw({ port, lines: [...toHeaderLines(method, name), ...bearer], body: toTaskBody(method, params) });
  const spoiled = (lines: HeaderLines, body = toRequestBody('tools/list')) =>
    sendRaw({ port, lines: [...toHeaderLines('tools/list'), ...lines], body });

  await Promise.all(
    ['read_station', 'read_station', 'read_limited', 'read_limited', 'read_secret', 'read_unlisted', 'read_broken'].map(
      (name) => call(name),
    ),
  );
  await Promise.all(['read_failing', 'read_cut', 'write_warning'].map((name) => call(name)));
  await Promise.all([call('read_station', {}, []), call('read_station', {}, toBearer(`${token}x`))]);
  await Promise.all([
    spoiled(bearer),
    // The headers say one tool, the body another.
    sendRaw({
      port,
      lines: [...toHeaderLines('tools/call', 'read_station'), ...bearer],
      body: toRequestBody('tools/call', { name: 'read_secret', arguments: {} }),
    }),
    spoiled([...bearer, ['Host', 'evil.example.com']]),
    spoiled(bearer, 'x'.repeat(100_000)),
    spoiled(bearer, '{'),
  ]);

  const asked = await call('ask_city');
  const requestState = readResult(asked.text)['requestState'];
  await call('ask_city', { requestState });
  await call('ask_city', { requestState: 'made up' });

  const begun = await task('tools/call', 'start_export', { name: 'start_export', arguments: {} });
  const taskId = readResult(begun.text)['taskId'];
  for (let poll = 0; poll < 2 && typeof taskId === 'string'; poll++) await task('tasks/get', taskId, { taskId });
  for (let start = 0; start < 2; start++)
    await task('tools/call', 'start_inline', { name: 'start_inline', arguments: {} });
}

async function visitTroubled(port: number): Promise<void> {
  for (const name of [
    'read_station',
    'read_station',
    'read_limited',
    'write_warning',
    'write_warning',
    'write_warning',
  ]) {
    await sendCall(port, 'tools/call', { name, arguments: {} }, name);
  }
  const body = toRequestBody('tools/call', { name: 'read_station', arguments: {} });
  await sendRaw({ port, target: '/gone', lines: toHeaderLines('tools/call', 'read_station'), body });
}

function readResult(text: string): Readonly<Record<string, unknown>> {
  return (JSON.parse(text) as { result?: Readonly<Record<string, unknown>> }).result ?? {};
}
