// The attacker has no plan, only time: honest requests with bytes flipped, inserted, deleted and repeated at random. Each is
// refused with a proper body and never seen upstream, or it goes on byte for byte and `JSON.parse` reads what its headers say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway, exchange } from './support/attacked-gateway.ts';
import { readAnswers } from './support/read-answers.ts';

const attacked = attackGateway({ config: { limits: { requestTimeout: '1s' } } });

const COUNT = 3000;
const AT_ONCE = 100;
/** Bytes that mean something to an HTTP or a JSON reader. */
const MEANINGFUL = Buffer.from('\r\n\t \0":{}[],\\/=?;0189aAeEmMnN-_+.#%\x7f\x80\xc3\xe2\xff', 'latin1');

const NAMED: readonly [method: string, params: object, header?: string][] = [
  ['tools/call', { name: 'echo', arguments: { a: 1, b: ['x', { c: null }] } }, 'echo'],
  ['tools/call', { name: 'caf\u00e9', arguments: {} }, '=?base64?Y2Fmw6k=?='],
  ['resources/read', { uri: 'file:///a/b?c=d' }, 'file:///a/b?c=d'],
  ['prompts/get', { name: 'a, b', arguments: { x: '\ud83d\ude00' } }, 'a, b'],
  ['tasks/get', { taskId: 'task-1' }, 'task-1'],
  ['tools/list', { cursor: 'abc' }],
];

test(`${COUNT} requests spoiled at random are refused, or go on as they came`, async (t) => {
  const seed = Number(process.env['ATTACK_SEED'] ?? Date.now() % 2 ** 32);
  t.diagnostic(`ATTACK_SEED=${seed}`);
  const random = makeRandom(seed);
  const requests = Array.from({ length: COUNT }, (_, i) => spoil(makeRequest(i, random), random));
  const accepted: string[] = [];
  const rest = [...requests.entries()];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
        const [index, bytes] = next;
        const why = `seed ${seed}, request ${index}: ${JSON.stringify(bytes.toString('latin1'))}`;
        if (await isAccepted(bytes, why)) accepted.push(readBody(bytes).toString('latin1'));
      }
    }),
  );
  const seen = attacked().upstream.hits.map(({ body }) => body.toString('latin1'));
  assert.deepEqual(seen.toSorted(), accepted.toSorted(), `seed ${seed}`);
  assert.ok(accepted.length > COUNT / 50 && accepted.length < COUNT / 2, `${accepted.length} were accepted`);
  t.diagnostic(`${accepted.length} accepted, ${COUNT - accepted.length} refused`);
  await attacked().servesHonestCall();
});

function makeRequest(id: number, random: () => number): Buffer {
  const [method, params, name] = NAMED[Math.floor(random() * NAMED.length)] as (typeof NAMED)[number];
  return attacked().toBytes({
    lines: [...toHeaderLines(method, name), ['Mcp-Param-Region', 'eu-1']],
    body: toRequestBody(method, params, id),
  });
}

function spoil(bytes: Buffer, random: () => number): Buffer {
  let spoiled = bytes;
  const times = 1 + Math.floor(random() * 3);
  for (let i = 0; i < times; i++) {
    const at = Math.floor(random() * spoiled.length);
    const byte = MEANINGFUL[Math.floor(random() * MEANINGFUL.length)] as number;
    const from = Math.floor(random() * spoiled.length);
    const piece = spoiled.subarray(from, from + 1 + Math.floor(random() * 40));
    const [left, right] = [spoiled.subarray(0, at), spoiled.subarray(at + 1)];
    const changed = [
      () => Buffer.concat([left, Buffer.from([(spoiled[at] as number) ^ (1 << Math.floor(random() * 8))]), right]),
      () => Buffer.concat([left, Buffer.from([byte]), right]),
      () => Buffer.concat([left, Buffer.from([byte]), spoiled.subarray(at)]),
      () => Buffer.concat([left, right]),
      () => Buffer.concat([left, piece, spoiled.subarray(at)]),
    ][Math.floor(random() * 5)];
    spoiled = changed?.() ?? spoiled;
  }
  return spoiled;
}

async function isAccepted(bytes: Buffer, why: string): Promise<boolean> {
  const received = await exchange(attacked().port, bytes, isKept);
  const { answers, rubbish } = readAnswers(received);
  assert.equal(rubbish, '', why);
  const [answer, ...others] = answers;
  assert.ok(answer?.whole, why);
  // What is left over behind a body is never a good request.
  for (const other of others) assert.equal(other.status, 400, why);
  if (answer.status === 200) {
    assertAgreement(bytes, why);
    return true;
  }
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${why}`);
  assert.equal(answer.headers.get('content-type'), 'application/json', why);
  const body = JSON.parse(answer.text) as {
    readonly jsonrpc: string;
    readonly error: { readonly code: number; readonly data: { readonly reason: string } };
  };
  assert.equal(body.jsonrpc, '2.0', why);
  assert.equal(typeof body.error.code, 'number', why);
  assert.equal(typeof body.error.data.reason, 'string', why);
  return false;
}

/** The connection stays open behind this answer, because its `Connection: close` was spoiled. */
function isKept(received: Buffer): boolean {
  const [answer] = readAnswers(received).answers;
  return answer?.whole === true && answer.headers.get('connection') === 'keep-alive';
}

/** Holds the headers as they were sent against the body as `JSON.parse` reads it. */
function assertAgreement(bytes: Buffer, why: string): void {
  const lines = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  const find = (wanted: string): string | undefined => {
    const found = lines.filter((line) => line.toLowerCase().startsWith(`${wanted}:`));
    assert.ok(found.length < 2, why);
    return found[0]?.slice(wanted.length + 1).trim();
  };
  const message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readBody(bytes))) as {
    readonly method: string;
    readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  assert.equal(find('mcp-method'), message.method, why);
  assert.equal(find('mcp-protocol-version'), message.params['_meta']?.['io.modelcontextprotocol/protocolVersion'], why);
  const header = find('mcp-name');
  const encoded = /^=\?base64\?(.*)\?=$/.exec(header ?? '')?.[1];
  const name = encoded === undefined ? header : Buffer.from(encoded, 'base64').toString();
  const { method, params } = message;
  const mirrored = { resources: params['uri'], tasks: params['taskId'] }[method.split('/')[0] ?? ''] ?? params['name'];
  assert.equal(name, method.endsWith('/list') ? undefined : mirrored, why);
}

function readBody(bytes: Buffer): Buffer {
  const start = bytes.indexOf('\r\n\r\n') + 4;
  const length = Number(/^content-length:[ \t]*(\d+)/im.exec(bytes.toString('latin1', 0, start))?.[1]);
  return bytes.subarray(start, start + length);
}

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
