// What the image would hold, laid out as in the image, runs by the image's own command lines as processes.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { startFakeIssuer } from '../support/fake-issuer.ts';
import { sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startRedis } from '../through/quota/support/start-redis.ts';
import { until, within } from '../through/support/until.ts';
import { manifest, packages, ROOT, read, toWords } from './dockerfile-instructions.ts';

/** The packages that `npm ci --omit=dev --omit=optional` installs; those inside another come with it. */
function findInstalled(): readonly string[] {
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && !dev && !optional)
    .map(([path]) => path);
}

/** What the image holds under its working folder, built here. */
let image = '';

before(() => {
  image = mkdtempSync(join(tmpdir(), 'tollgate-image-'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(image, 'dist')], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  cpSync(join(ROOT, 'policies'), join(image, 'policies'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(image, 'package.json'));
  mkdirSync(join(image, 'node_modules'));
  for (const path of findInstalled()) {
    mkdirSync(dirname(join(image, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(image, path));
  }
});

after(() => rmSync(image, { recursive: true, force: true }));

interface Running {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<number | null>;
}

/** Runs a command of the image, as PID 1 would be: in its folder, with no environment but what is given. */
function run(t: TestContext, words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const [program, ...args] = words;
  assert.equal(program, 'node');
  const child = spawn(process.execPath, args, { cwd: image, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as (typeof lines)[number]));
  return {
    lines,
    stop() {
      child.kill('SIGTERM');
      return within(10_000, 'the process to end', exited);
    },
  };
}

interface Compose {
  readonly services: Readonly<Record<string, { readonly entrypoint?: string[]; readonly command?: string[] }>>;
}
interface Settings {
  publicUrl: string;
  listen: object;
  admin: object;
  identity: { issuers: { issuer: string }[] };
  upstreams: { weather: { instances: string[] } };
  telemetry: { traces: { otlp: string } };
}

test('what the command lines name is in the image', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
  const entries = [toWords('ENTRYPOINT'), ...Object.values(services).map(({ entrypoint = [] }) => entrypoint)];
  const files = entries.flat().filter((word) => word.endsWith('.js'));
  assert.ok(files.includes(manifest.bin.tollgate));
  assert.equal(files.length, 4);
  for (const file of files) assert.ok(existsSync(join(image, file)), file);
});

test('the compiled gateway serves the compose configuration to Keycloak-like tokens, and leaves with 0 on SIGTERM', async (t) => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
  const weather = services['weather-1'];
  const words = [...(weather?.entrypoint ?? []), ...(weather?.command ?? [])];
  const server = run(t, adapt(words, { '0.0.0.0': '127.0.0.1', '3000': '0' }));
  await until('the weather server listens', () => server.lines.length > 0);

  const issuer = await startFakeIssuer({ alg: 'RS256', path: '/realms/tollgate' });
  const collector = await startOtlpReceiver();
  t.after(() => Promise.all([issuer.close(), collector.close()]));
  const redis = await startRedis(t, ['requirepass tollgate']);
  const settings = parse(read('deploy/compose/gateway.yaml')) as Settings;
  settings.listen = { host: '127.0.0.1', port: 0 };
  settings.admin = { host: '127.0.0.1', port: 0 };
  for (const each of settings.identity.issuers) each.issuer = issuer.issuer;
  settings.upstreams.weather.instances = [String(server.lines[0]?.url)];
  settings.telemetry.traces.otlp = collector.url;
  cpSync(join(ROOT, 'deploy/compose'), join(image, 'etc'), { recursive: true });
  writeFileSync(join(image, 'etc/gateway.yaml'), stringify(settings));

  const command = adapt([...toWords('ENTRYPOINT'), ...toWords('CMD')], {
    '/etc/tollgate/gateway.yaml': 'etc/gateway.yaml',
  });
  const gateway = run(t, command, {
    TOLLGATE_SEALING_KEY: randomBytes(32).toString('base64'),
    TOLLGATE_REDIS_URL: `redis://:tollgate@127.0.0.1:${redis.port}/0`,
  });
  const find = (msg: string) => gateway.lines.find((line) => line.msg === msg)?.port as number | undefined;
  await until('the gateway listens', () => find('listening') !== undefined, 10_000);
  const ready = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${find('admin listening')}/readyz`).then(({ status }) => status === 200);
  await until('the gateway is ready', ready, 10_000);

  // As Keycloak 26.7 writes them: azp and no client_id, groups by path.
  const resource = `${settings.publicUrl}/mcp`;
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: issuer.issuer, aud: resource, sub: 'b6c5', azp: 'curl', typ: 'Bearer', exp };
  const call = async (name: string, more: object): Promise<number> => {
    const token = await issuer.sign({ ...claims, iat: exp - 60, ...more });
    const body = toRequestBody('tools/call', { name, arguments: { city: 'Oslo' } });
    const lines = [...toHeaderLines('tools/call', name), ['Authorization', `Bearer ${token}`] as const];
    return (await sendRaw({ port: find('listening') as number, lines, body })).status;
  };
  assert.equal(await call('get_forecast', { scope: 'weather:read' }), 200);
  assert.equal(await call('issue_warning', { scope: 'weather:read' }), 403);
  assert.equal(await call('delete_station', { scope: 'weather:read weather:write' }), 403);
  assert.equal(await call('get_forecast', { scope: '', groups: ['/weather-admins'] }), 200);
  assert.equal(await call('get_forecast', { scope: '', groups: ['/others/weather-admins'] }), 403);
  assert.equal(await call('get_forecast', { scope: 'weather:read', aud: 'account' }), 401);
  // Both workers count in Redis: one caller has one burst of 30 and not two, whichever of them it meets.
  const statuses: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const some = Array.from({ length: 10 }, () => call('get_forecast', { scope: 'weather:read' }));
    statuses.push(...(await Promise.all(some)));
  }
  assert.ok(statuses.every((status) => status === 200 || status === 429));
  assert.ok(statuses.filter((status) => status === 200).length <= 50, statuses.join());
  await until('the spans arrive', () => collector.spans.some(({ name }) => name === 'tools/call get_forecast'));

  assert.equal(await gateway.stop(), 0);
  const audited = gateway.lines.filter((line) => line.audit === 'request');
  assert.equal(audited.length, 6 + statuses.length, 'each request has its line, beside the log');
  assert.equal(await server.stop(), 0);
});

/** The same words, some of them replaced; each of those must be there. */
function adapt(words: readonly string[], changes: Readonly<Record<string, string>>): string[] {
  for (const word of Object.keys(changes)) assert.ok(words.includes(word), word);
  return words.map((word) => changes[word] ?? word);
}
