// One gateway in this process with every feature on, the server behind it, callers with tokens, and all that it wrote down.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { type App, makeApp } from '../../../gateway/app.ts';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';
import { Log } from '../../../gateway/observe/log.ts';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { honestServer } from './everything-on-server.ts';

const PUBLIC_URL = 'https://mcp.example.com';
const TASKS = 'io.modelcontextprotocol/tasks';
const UI = 'io.modelcontextprotocol/ui';
/** Stands in labels, logs and the audit trail, and in no answer. */
export const UPSTREAM_NAME = 'canary-fleet';
/** Requests one caller may have open at once. */
export const WIDTH = 24;

const RULES = [
  {
    id: 'readers-canary',
    allow: {
      tools: ['read_*', '*_basket', 'ask_*', 'start_*'],
      prompts: ['open_*'],
      resources: ['files://open/**', 'ui://**'],
    },
    to: { groups: ['readers'] },
  },
  { id: 'writers-canary', allow: { tools: ['write_*'] }, to: { scopes: ['files:write'] } },
  {
    id: 'own-tenant-canary',
    deny: { tools: ['*'] },
    when: 'has(args.tenant) && args.tenant != principal.claims.tenant',
  },
];

export interface EverythingOn {
  readonly app: App;
  readonly port: number;
  readonly server: FakeUpstream;
  /** By who they are: `reader` may use tasks, `busy` a few of them, `guest` no extension, `stranger` nothing at all. */
  readonly tokens: Readonly<Record<'reader' | 'busy' | 'guest' | 'stranger', string>>;
  /** What nobody outside may see, and what may not be written down either. */
  readonly secrets: readonly string[];
  /** All log lines so far. */
  readonly logged: () => string;
  /** Ends the gateway. @returns the audit trail */
  readonly end: () => Promise<string>;
}

export async function startEverythingOn(t: TestContext): Promise<EverythingOn> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-everything-'));
  const [issuer, receiver, server] = await Promise.all([
    startFakeIssuer(),
    startOtlpReceiver(),
    startFakeUpstream(honestServer),
  ]);
  const secrets = Array.from({ length: 3 }, () => randomBytes(32).toString('base64'));
  const [sealingKey = '', upstreamToken = '', collectorKey = ''] = secrets;
  const access = join(folder, 'access.yaml');
  const file = join(folder, 'gateway.yaml');
  const audit = join(folder, 'audit.jsonl');
  await writeFile(access, stringify({ rules: RULES }));
  const endpoint = { upstream: UPSTREAM_NAME, access: [access] };
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    publicUrl: PUBLIC_URL,
    allowedHosts: ['127.0.0.1'],
    identity: { issuers: [{ issuer: issuer.issuer }] },
    upstreams: {
      [UPSTREAM_NAME]: {
        instances: [server.url],
        credential: { bearer: upstreamToken },
        health: { ejectAfter: 100_000 },
        timeouts: { headers: '2s', idle: '2s', total: '4s' },
      },
    },
    endpoints: {
      '/mcp': endpoint,
      '/hidden': { ...endpoint, onDeny: 'hide', meta: { allow: ['com.example/*'], mode: 'remove' } },
    },
    extensions: { [TASKS]: { to: { groups: ['workers'] } }, [UI]: { to: { groups: ['screens'] } } },
    meta: { allow: ['com.example/*'], mode: 'strict' },
    quotas: {
      store: 'memory',
      headers: true,
      rules: [
        { id: 'calls', per: 'principal', rate: '1000000/1s' },
        { id: 'width', per: 'principal', concurrent: WIDTH },
        { id: 'jobs', per: 'principal', tasks: { live: 100_000 } },
        { id: 'busy', per: 'principal', to: { groups: ['busy'] }, tasks: { live: 2, overLimit: 'inline' } },
        { id: 'door', per: 'address', rate: '1000000/1s' },
      ],
    },
    sealing: {
      keys: [{ id: 'k1', secret: sealingKey }],
      state: { singleUse: true },
      handles: [
        {
          tool: 'create_basket',
          result: '/structuredContent/basketId',
          opens: [{ tool: '*_basket', argument: '/basketId' }],
        },
      ],
    },
    limits: { requestTimeout: '1s', eventLoopDelay: '0s' },
    drain: { grace: '1s' },
    telemetry: {
      log: { level: 'debug' },
      audit: { file: audit, flushEvery: '100ms', arguments: [{ tool: '*', pointer: '/basketId', as: 'digest' }] },
      traces: { otlp: receiver.url, sample: 1, headers: { 'X-Key': collectorKey } },
    },
  };
  await writeFile(file, stringify(config));
  const loaded = loadConfig(file, process.env);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line), flush: () => {} };
  const app = makeApp(loaded.config, new Log(loaded.config.telemetry.log, { destination }));
  const { port = 0 } = (await app.listen()) ?? {};
  const aud = [`${PUBLIC_URL}/mcp`, `${PUBLIC_URL}/hidden`];
  const sign = (sub: string, groups: readonly string[]): Promise<string> =>
    issuer.sign({ sub, aud, groups, tenant: 'acme', exp: Math.floor(Date.now() / 1000) + 600 });
  const [reader, busy, guest, stranger] = await Promise.all([
    sign('ann', ['readers', 'workers']),
    sign('ben', ['readers', 'workers', 'busy']),
    sign('bob', ['readers']),
    sign('eve', []),
  ]);
  let ended: Promise<string> | undefined;
  const end = (): Promise<string> =>
    (ended ??= app.drain().then(
      () => readFile(audit, 'utf8'),
      () => readFile(audit, 'utf8'),
    ));
  t.after(async () => {
    await end();
    await Promise.all([issuer.close(), receiver.close(), server.close()]);
    await rm(folder, { recursive: true, force: true });
  });
  return { app, port, server, tokens: { reader, busy, guest, stranger }, secrets, logged: () => lines.join(''), end };
}
