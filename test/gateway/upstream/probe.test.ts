// What one active check sends, and which answers prove that a server is alive.
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Instance } from '../../../gateway/upstream/instance.ts';
import { probe } from '../../../gateway/upstream/probe.ts';
import { startTimer } from '../../../gateway/upstream/start-timer.ts';
import { startConformanceServer } from '../../support/conformance-server.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { listen } from './listen.ts';
import { makeSettings } from './make-settings.ts';
import { until } from './until.ts';

const AMPLE_MS = 10_000;

function reach(t: TestContext, url: string): Instance {
  const instance = new Instance({ url, index: 0 }, makeSettings());
  t.after(() => instance.destroy());
  return instance;
}

const RESULT = '{"jsonrpc":"2.0","id":"tollgate-health","result":{"resultType":"complete"}}';
const ERROR = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"no"}}';
const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

const ANSWERS: readonly { what: string; status: number; type: string; body: string; alive: boolean }[] = [
  { what: 'a result', status: 200, type: JSON_TYPE, body: RESULT, alive: true },
  { what: 'a result with a charset', status: 200, type: 'Application/JSON; charset=utf-8', body: RESULT, alive: true },
  { what: 'a result in a stream', status: 200, type: SSE_TYPE, body: `: hi\n\ndata: ${RESULT}\n\n`, alive: true },
  {
    what: 'CRLF in a stream',
    status: 200,
    type: SSE_TYPE,
    body: `event: message\r\ndata:${RESULT}\r\n\r\n`,
    alive: true,
  },
  { what: 'an error with status 200', status: 200, type: JSON_TYPE, body: ERROR, alive: true },
  { what: 'a refusal of the request', status: 400, type: JSON_TYPE, body: ERROR, alive: true },
  { what: 'an unknown method', status: 404, type: JSON_TYPE, body: ERROR, alive: true },
  { what: 'a demand for credentials', status: 401, type: 'text/plain', body: 'who?', alive: true },
  { what: 'a forbidden path', status: 403, type: 'text/html', body: '', alive: true },
  { what: 'a rate limit', status: 429, type: 'text/html', body: 'slow down', alive: true },
  { what: 'a page that is not there', status: 404, type: 'text/html', body: '<h1>404</h1>', alive: false },
  { what: 'a page', status: 200, type: 'text/html', body: '<h1>Welcome</h1>', alive: false },
  { what: 'other JSON', status: 200, type: JSON_TYPE, body: '{"status":"ok"}', alive: false },
  { what: 'broken JSON', status: 200, type: JSON_TYPE, body: RESULT.slice(0, -1), alive: false },
  { what: 'nothing', status: 200, type: JSON_TYPE, body: '', alive: false },
  { what: 'a batch', status: 200, type: JSON_TYPE, body: `[${RESULT}]`, alive: false },
  {
    what: 'a result for another request',
    status: 200,
    type: JSON_TYPE,
    body: RESULT.replace('tollgate-health', 'x'),
    alive: false,
  },
  { what: 'a stream without an answer', status: 200, type: SSE_TYPE, body: ': hi\n\n', alive: false },
  { what: 'a stream cut in its answer', status: 200, type: SSE_TYPE, body: `data: ${RESULT}`, alive: false },
  { what: 'an accepted notification', status: 202, type: JSON_TYPE, body: '', alive: false },
  { what: 'a redirect', status: 302, type: JSON_TYPE, body: RESULT, alive: false },
  { what: 'an internal error', status: 500, type: JSON_TYPE, body: ERROR, alive: false },
  { what: 'a failed gateway', status: 502, type: 'text/html', body: '', alive: false },
  { what: 'an unavailable service', status: 503, type: JSON_TYPE, body: ERROR, alive: false },
];
for (const { what, status, type, body, alive } of ANSWERS) {
  test(`${status} with ${what} means ${alive ? 'alive' : 'down'}`, async (t) => {
    const port = await listen(t, (_request, response) => {
      response.writeHead(status, { 'content-type': type, location: '/elsewhere' }).end(body);
    });
    assert.equal(await probe(reach(t, `http://127.0.0.1:${port}/mcp`), AMPLE_MS, startTimer), alive);
  });
}

test('a check is a valid server/discover to the path of the instance', async (t) => {
  const seen: { url?: string | undefined; method?: string | undefined; headers: IncomingHttpHeaders; body: string }[] =
    [];
  const port = await listen(t, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      seen.push({ url: request.url, method: request.method, headers: request.headers, body });
      response.setHeader('content-type', JSON_TYPE).end(RESULT);
    });
  });
  await probe(reach(t, `http://127.0.0.1:${port}/a/mcp?b=c`), AMPLE_MS, startTimer);
  const [request] = seen;
  assert(request !== undefined);
  assert.deepEqual([request.method, request.url], ['POST', '/a/mcp?b=c']);
  const { headers } = request;
  assert.equal(headers['mcp-protocol-version'], '2026-07-28');
  assert.equal(headers['mcp-method'], 'server/discover');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers.accept, 'application/json, text/event-stream');
  assert.equal(headers.host, `127.0.0.1:${port}`);
  assert.deepEqual(JSON.parse(request.body), {
    jsonrpc: '2.0',
    id: 'tollgate-health',
    method: 'server/discover',
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 'tollgate', version: '1' },
      },
    },
  });
});

for (const responseMode of ['auto', 'sse'] as const) {
  test(`a server built on the official SDK passes, answering in mode ${responseMode}`, async (t) => {
    const server = await startConformanceServer({ responseMode });
    t.after(() => server.close());
    const instance = reach(t, server.url);
    assert.equal(await probe(instance, AMPLE_MS, startTimer), true);
    await instance.destroy();
  });
}

test('a stream that does not end after its answer is not waited for', async (t) => {
  const port = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-type': SSE_TYPE }).write(`data: ${RESULT}\n\n`);
  });
  const timeline = makeFakeTimeline();
  assert.equal(await probe(reach(t, `http://127.0.0.1:${port}/mcp`), 1_000, timeline.startTimer), true);
  assert.equal(timeline.pending, 0);
});

test('a server that does not answer in time is down, and the request to it is cancelled', async (t) => {
  const waiting: ServerResponse[] = [];
  const port = await listen(t, (_request, response) => void waiting.push(response));
  const timeline = makeFakeTimeline();
  const result = probe(reach(t, `http://127.0.0.1:${port}/mcp`), 1_000, timeline.startTimer);
  await until('the check is there', () => waiting.length === 1);
  await timeline.advance(1_000);
  assert.equal(await result, false);
  await until('it is cancelled', () => waiting[0]?.destroyed === true);
});

test('a server that begins an answer and does not end it in time is down', async (t) => {
  let begun = false;
  const port = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE }).write('{"jsonrpc":', () => {
      begun = true;
    });
  });
  const timeline = makeFakeTimeline();
  const result = probe(reach(t, `http://127.0.0.1:${port}/mcp`), 1_000, timeline.startTimer);
  await until('the answer has begun', () => begun);
  await timeline.advance(1_000);
  assert.equal(await result, false);
});

test('an answer without end is not read without end', async (t) => {
  const block = ' '.repeat(64 * 1024);
  let sent = 0;
  let gone = false;
  const port = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE });
    const pour = (): void => {
      sent += block.length;
      if (response.write(block)) setImmediate(pour);
    };
    response.on('drain', pour).on('close', () => {
      gone = true;
    });
    pour();
  });
  assert.equal(await probe(reach(t, `http://127.0.0.1:${port}/mcp`), AMPLE_MS, startTimer), false);
  await until('the connection is closed', () => gone);
  assert(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
});

test('nobody listening means down', async (t) => {
  const closed = createServer();
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve);
  });
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => {
    closed.close(resolve);
  });
  assert.equal(await probe(reach(t, `http://127.0.0.1:${port}/mcp`), AMPLE_MS, startTimer), false);
});

test('something that does not speak HTTP means down', async (t) => {
  const garbler = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  await new Promise<void>((resolve) => {
    garbler.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => garbler.close());
  const { port } = garbler.address() as AddressInfo;
  assert.equal(await probe(reach(t, `http://127.0.0.1:${port}/mcp`), AMPLE_MS, startTimer), false);
});
