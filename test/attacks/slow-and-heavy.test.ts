// The attacker sends very slowly, very much, or opens many connections and finishes nothing (slowloris): each ends with a
// refusal within the configured time, and honest calls go on meanwhile.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { sendCall, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { until } from '../through/support/until.ts';
import { assertRefusal, attackGateway, NO } from './support/attacked-gateway.ts';
import { readAnswers } from './support/read-answers.ts';

const LIMIT = 300;
const attacked = attackGateway({ config: { limits: { requestTimeout: '1s', body: '64KiB', connections: LIMIT } } });

/** The request timeout, the second until the gateway's timers look again, and room for a busy machine. */
const WITHIN_MS = 3000;

const HEAD =
  'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n';

const SLOW: readonly [what: string, head: string, drip: string][] = [
  ['nothing', '', ''],
  ['half a request line', 'POST /m', ''],
  ['header lines without end', HEAD, 'X: y\r\n'],
  ['a header value without end', `${HEAD}X: `, 'y'],
  ['empty lines without end', '', '\r\n'],
  ['a body that never comes', `${HEAD}Content-Length: 100\r\n\r\n`, ''],
  ['a body byte by byte', `${HEAD}Content-Length: 10000\r\n\r\n`, ' '],
  ['chunks byte by byte', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ['a chunk size without end', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '0'],
  ['trailers without end', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n`, 'X: y\r\n'],
  ['a body behind 100-continue', `${HEAD}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n`, ''],
];

test('each slow request ends in 408 within the configured time', { concurrency: true }, async (t) => {
  await Promise.all(
    SLOW.map(([what, head, drip]) =>
      t.test(what, async () => {
        const { bytes, tookMs } = await sendSlowly(head, drip);
        assert.ok(tookMs < WITHIN_MS, `it took ${tookMs} ms`);
        const { answers, rubbish } = readAnswers(bytes);
        assert.equal(rubbish, '');
        assert.equal(answers.length, 1);
        assertRefusal(answers[0] as never, NO.slow);
        assert.equal(answers[0]?.headers.get('connection'), 'close');
      }),
    ),
  );
  assert.equal(attacked().upstream.hits.length, 0);
  await attacked().servesHonestCall();
});

test('connections that never finish do not stop honest calls, and are freed', async () => {
  const sockets = Array.from({ length: LIMIT - 20 }, () => {
    const socket = connect(attacked().port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(`${HEAD}Content-Length: 100\r\n\r\n{`);
    return socket;
  });
  const gone = Promise.all(sockets.map(closed));
  for (let i = 0; i < 20; i++) await attacked().servesHonestCall();
  await gone;
  await attacked().servesHonestCall();
});

test('connections beyond the limit are closed, and those within it are served afterwards', async () => {
  const sockets = Array.from({ length: LIMIT + 100 }, () => {
    const socket = connect(attacked().port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    return socket;
  });
  // The gateway keeps LIMIT of them until they are too slow, and closes the others at once.
  await Promise.race(sockets.map(closed));
  await Promise.all(sockets.map(closed));
  // Those that were told why give their places back a moment later.
  const { port } = attacked();
  await until(
    'there is room',
    async () => (await sendCall(port, 'tools/call', { name: 'echo' }, 'echo')).status === 200,
  );
  await attacked().servesHonestCall();
});

const big = (bytes: number): string =>
  toRequestBody('tools/call', { name: 'echo', arguments: { a: 'a'.repeat(bytes) } });

test('a body beyond the limit is refused by its length, before it is sent', async () => {
  const bytes = Buffer.from(`${HEAD}Content-Length: 65537\r\n\r\n`);
  const answer = await attacked().getRefusal(bytes, NO.body);
  assert.equal(answer.headers.get('connection'), 'close');
});

test('a body beyond the limit is refused by its length while it is sent', () =>
  attacked().refuses({ body: big(100_000) }, NO.body));

test('a body beyond the limit is refused by its chunks', () => {
  const body = big(100_000);
  return attacked().refuses(
    {
      lines: [...toHeaderLines('tools/call', 'echo'), ['Transfer-Encoding', 'chunked']],
      body: `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    },
    NO.body,
  );
});

test('chunks without end are refused once they pass the limit', async () => {
  const { bytes } = await sendSlowly(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `1000\r\n${' '.repeat(4096)}\r\n`);
  assertRefusal(readAnswers(bytes).answers[0] as never, NO.body);
  await attacked().servesHonestCall();
});

test('a body of 8 MiB, sent at once, leaves the client time to read why it is refused', async () => {
  for (let i = 0; i < 5; i++) await attacked().refuses({ body: big(8 * 2 ** 20) }, NO.body);
});

test('chunk extensions without end are refused', async () => {
  const { bytes } = await sendSlowly(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1;`, 'a'.repeat(4096));
  assertRefusal(readAnswers(bytes).answers[0] as never, NO.headers);
  await attacked().servesHonestCall();
});

test('a body of exactly the limit is served', async () => {
  const body = big(65_536 - big(0).length);
  await attacked().accepts({ body }, body);
});

/** Writes the head, then the drip every 50 ms, and reads until the gateway closes. */
function sendSlowly(head: string, drip: string): Promise<{ bytes: Buffer; tookMs: number }> {
  return new Promise((resolve) => {
    const started = performance.now();
    const socket = connect(attacked().port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const timer = setInterval(() => socket.write(drip), 50);
    const deadline = setTimeout(() => socket.destroy(), 6000);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => clearInterval(timer));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      clearTimeout(deadline);
      resolve({ bytes: Buffer.concat(chunks), tookMs: performance.now() - started });
    });
    socket.write(head);
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
