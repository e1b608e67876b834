// The attacker puts a request that the HTTP parser refuses right behind an honest one. If its refusal is written at once,
// it overtakes the honest answer: the client reads "400" for a call the upstream carries out, and behind a proxy that
// shares connections the answers of two callers change places.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { answerResult, toEvent } from '../support/fake-upstream.ts';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { type AttackedGateway, attackGateway, exchange } from './support/attacked-gateway.ts';
import { readAnswers, type WireAnswer } from './support/read-answers.ts';

const attacked = attackGateway({ config: { limits: { requestTimeout: '1s' } } });

const call = (gateway: AttackedGateway): Buffer =>
  gateway.toBytes({
    lines: [['Connection', 'keep-alive'], ...toHeaderLines('tools/call', 'echo')],
    body: toRequestBody('tools/call', { name: 'echo' }, 'honest'),
  });

const UNFINISHED = 'half a request that never ends';
/** Longer than the gateway's limit of one second and the second until it looks again. */
const TIMERS_MS = 2200;

const BEHIND: readonly [what: string, bytes: string][] = [
  ['bytes that are no request', 'xxxxxxxxxx\r\n\r\n'],
  ['a header line without a colon', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n'],
  ['a header block that is too large', `POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`],
  ['two lengths', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a bad chunk', 'POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['CONNECT', 'CONNECT internal.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['an unknown expectation', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: x\r\n\r\n'],
  [UNFINISHED, 'POST /mcp HTTP/1.1\r\nHost: local'],
];

/** The honest call has its own answer, or the connection broke without any: never the answer of another request. */
function assertOwnAnswer(first: WireAnswer | undefined): void {
  if (first === undefined) return;
  assert.equal(first.status, 200, `the honest call was answered ${first.status} ${first.text}`);
  assert.equal((JSON.parse(first.text) as { id: unknown }).id, 'honest');
}

for (const [what, bytes] of BEHIND) {
  test(`${what} behind a call does not answer in its place`, async () => {
    const { upstream, port } = attacked();
    upstream.behave(async (hit, response) => {
      // All but the last are refused as soon as they are read, which is before the upstream has the call.
      if (what === UNFINISHED) await Promise.race([hit.left, passes(TIMERS_MS)]);
      answerResult(hit, response);
    });
    try {
      const { answers } = readAnswers(
        await exchange(port, Buffer.concat([call(attacked()), Buffer.from(bytes, 'latin1')])),
      );
      assertOwnAnswer(answers[0]);
      assert.ok(answers.length < 3);
    } finally {
      upstream.behave(answerResult);
    }
    await attacked().servesHonestCall();
  });
}

for (const [what, bytes] of BEHIND) {
  test(`${what} behind a stream is not written into it`, async () => {
    const { upstream, port } = attacked();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    upstream.behave(async (hit, response) => {
      if (hit.message.method === 'tools/list') return answerResult(hit, response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }));
      await Promise.race([hit.left, mayEnd]);
      response.end(toEvent({ id: hit.message.id, result: { resultType: 'complete' } }));
    });
    try {
      const text = await readStream(port, call(attacked()), async (socket) => {
        socket.write(Buffer.from(bytes, 'latin1'));
        // What was written first has been read once another connection has its answer.
        await attacked().servesHonestCall();
        if (what === UNFINISHED) await passes(TIMERS_MS);
        end();
      });
      const heads = text.split('HTTP/1.1 ').length - 1;
      const { answers } = readAnswers(Buffer.from(text, 'latin1'));
      // A second answer may only stand behind a first one that is whole.
      assert.ok(heads === 1 || answers[0]?.whole === true, `an answer inside a stream: ${text}`);
    } finally {
      end();
      upstream.behave(answerResult);
    }
    await attacked().servesHonestCall();
  });
}

test('a request behind one that asks to close the connection is neither served nor answered in its place', async () => {
  const { upstream, port } = attacked();
  const seen = upstream.hits.length;
  const honest = attacked().toBytes({ body: toRequestBody('tools/call', { name: 'echo' }, 'honest') });
  const { answers } = readAnswers(await exchange(port, Buffer.concat([honest, honest])));
  assertOwnAnswer(answers[0]);
  assert.equal(upstream.hits.length, seen + 1);
});

for (const [what, refused] of [
  ['HTTP/1.0', 'POST /mcp HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'],
  ['two hosts', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nHost: b\r\nContent-Length: 0\r\n\r\n'],
  ['two hosts of metadata', 'GET /.well-known/x HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n'],
  [
    'the framing of metadata',
    'GET /.well-known/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n',
  ],
] as const) {
  test(`a call behind a request whose refusal for ${what} closes the connection never reaches the upstream`, async () => {
    // With a connection to the upstream at hand, a call is there before its client's connection is closed.
    await attacked().servesHonestCall();
    const { upstream, port } = attacked();
    const seen = upstream.hits.length;
    const { answers } = readAnswers(await exchange(port, Buffer.concat([Buffer.from(refused), call(attacked())])));
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [400],
    );
    await attacked().servesHonestCall();
    assert.equal(upstream.hits.length, seen + 1, 'a call whose answer nobody will get was carried out');
  });
}

/** Sends the first bytes, lets the test go on once an answer has begun, and reads to the end. */
function readStream(port: number, first: Buffer, onBegun: (socket: Socket) => Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`still open: ${text}`));
    }, 5000);
    const done = (): void => {
      clearTimeout(timer);
      resolve(text);
    };
    socket.once('data', () => void onBegun(socket).catch(reject));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // A stream on a connection that is kept leaves it open once it is whole.
      if (text.endsWith('\r\n0\r\n\r\n')) socket.end();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(first);
  });
}

function passes(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
