// One server process: how it is reached, and how it goes away.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Instance } from '../../../gateway/upstream/instance.ts';
import { listen } from './listen.ts';
import { makeSettings } from './make-settings.ts';
import { post } from './post.ts';
import { until } from './until.ts';

const NAMES: readonly {
  url: string;
  address?: string;
  origin: string;
  path: string;
  hostHeader: string;
  label: string;
}[] = [
  {
    url: 'http://weather-1:3000/mcp',
    origin: 'http://weather-1:3000',
    path: '/mcp',
    hostHeader: 'weather-1:3000',
    label: 'weather-1:3000',
  },
  {
    url: 'https://mcp.example.com/a/mcp?tenant=1',
    origin: 'https://mcp.example.com',
    path: '/a/mcp?tenant=1',
    hostHeader: 'mcp.example.com',
    label: 'mcp.example.com:443',
  },
  { url: 'http://[::1]/', origin: 'http://[::1]', path: '/', hostHeader: '[::1]', label: '[::1]:80' },
  {
    url: 'http://weather:3000/mcp',
    address: '10.0.0.7',
    origin: 'http://weather:3000',
    path: '/mcp',
    hostHeader: 'weather:3000',
    label: '10.0.0.7:3000',
  },
  {
    url: 'https://weather/mcp',
    address: 'fd00::7',
    origin: 'https://weather',
    path: '/mcp',
    hostHeader: 'weather',
    label: '[fd00::7]:443',
  },
];
for (const { url, address, ...expected } of NAMES) {
  test(`${url} at ${address ?? 'its name'} is labelled ${expected.label}`, () => {
    const instance = new Instance({ url, index: 3, ...(address === undefined ? {} : { address }) }, makeSettings());
    const { origin, path, hostHeader, label } = instance;
    assert.deepEqual({ origin, path, hostHeader, label }, expected);
    assert.equal(instance.index, 3);
  });
}

test('calls connect to the address and speak of the name', async (t) => {
  const hosts: (string | undefined)[] = [];
  const port = await listen(t, (request, response) => {
    hosts.push(request.headers.host);
    response.end('here');
  });
  const instance = new Instance(
    { url: `http://weather.invalid:${port}/mcp`, index: 0, address: '127.0.0.1' },
    makeSettings(),
  );
  assert.deepEqual(await post(instance), { status: 200, text: 'here' });
  assert.deepEqual(hosts, [`weather.invalid:${port}`]);
  await instance.close();
});

test('a closing instance finishes what is in flight, and only then closes its connections', async (t) => {
  const waiting: ServerResponse[] = [];
  const port = await listen(t, (_request, response) => void waiting.push(response));
  const instance = new Instance({ url: `http://127.0.0.1:${port}/mcp`, index: 0 }, makeSettings());
  instance.begin();
  const answer = post(instance, 'streams');
  await until('the request is there', () => waiting.length === 1);

  let closed = false;
  const closing = (async () => {
    await instance.close();
    closed = true;
  })();
  waiting[0]?.end('whole');
  assert.deepEqual(await answer, { status: 200, text: 'whole' });
  assert.equal(closed, false);
  assert.equal(instance.inFlight, 1);
  instance.end();
  await closing;
  assert(instance.calls.destroyed && instance.streams.destroyed);
});

test('a request that was counted in before the close may still be sent after it', async (t) => {
  const port = await listen(t, (_request, response) => response.end('late'));
  const instance = new Instance({ url: `http://127.0.0.1:${port}/mcp`, index: 0 }, makeSettings());
  instance.begin();
  const closing = instance.close();
  assert.equal((await post(instance)).text, 'late');
  instance.end();
  await closing;
});

test('a destroyed instance breaks what is in flight, also while it is closing', async (t) => {
  const waiting: ServerResponse[] = [];
  const port = await listen(t, (_request, response) => void waiting.push(response));
  const instance = new Instance({ url: `http://127.0.0.1:${port}/mcp`, index: 0 }, makeSettings());
  instance.begin();
  const broken = assert.rejects(post(instance), { code: 'UND_ERR_DESTROYED' });
  await until('the request is there', () => waiting.length === 1);
  const closing = instance.close();
  const destroying = instance.destroy();
  // As its handler would, while the pools are still going down.
  instance.end();
  await Promise.all([destroying, broken, closing]);
});

test('closing twice, and destroying what is closed, is harmless', async () => {
  const instance = new Instance({ url: 'http://127.0.0.1:1/mcp', index: 0 }, makeSettings());
  await Promise.all([instance.close(), instance.close()]);
  await instance.destroy();
  await instance.close();
});

test('response headers beyond 16 KiB break the request', async (t) => {
  const port = await listen(t, (_request, response) => {
    response.setHeader('x-padding', 'x'.repeat(17 * 1024)).end();
  });
  const instance = new Instance({ url: `http://127.0.0.1:${port}/mcp`, index: 0 }, makeSettings());
  await assert.rejects(post(instance), { code: 'UND_ERR_HEADERS_OVERFLOW' });
  await instance.destroy();
});

test('no request waits for another one: each has a connection of its own, used again afterwards', async (t) => {
  const waiting: ServerResponse[] = [];
  const ports = new Set<number | undefined>();
  const port = await listen(t, (request, response) => {
    ports.add(request.socket.remotePort);
    waiting.push(response);
  });
  const instance = new Instance({ url: `http://127.0.0.1:${port}/mcp`, index: 0 }, makeSettings());
  const first = Array.from({ length: 20 }, () => post(instance));
  await until('all have come', () => waiting.length === 20);
  for (const response of waiting.splice(0)) response.end();
  await Promise.all(first);
  // undici uses a connection again one turn of the event loop after its answer.
  await nextTurn();
  const second = Array.from({ length: 20 }, () => post(instance));
  await until('all have come again', () => waiting.length === 20);
  for (const response of waiting.splice(0)) response.end();
  await Promise.all(second);
  assert.equal(ports.size, 20);
  await instance.close();
});
