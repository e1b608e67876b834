// Forgers of an audit trail: they may write the file, but have no key.
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { verifyBytes } from './audit-under-test.ts';
import { CHECKPOINT_KEY, makeSpoilable, OTHERS, PROVERS, rehash, relink, toBytes, toText } from './spoilable.ts';

const ZEROS = '0'.repeat(64);

let SIGNED: Buffer;
/** The first life alone. */
let LINES: string[];

before(async (t) => {
  SIGNED = await makeSpoilable(t as TestContext, CHECKPOINT_KEY);
  const whole = toText(SIGNED);
  LINES = whole.slice(
    0,
    whole.findIndex((line) => line.endsWith('"ti')),
  );
});

test('a chain that was computed anew holds without a key, and breaks with it', async () => {
  const line = (LINES[4] as string).replace('"status":200', '"status":403');
  const bytes = toBytes(relink(LINES.with(4, line), ZEROS));
  assert.equal((await verifyBytes(bytes)).broken, undefined);
  assert.deepEqual((await verifyBytes(bytes, PROVERS)).broken, { file: 'audit.jsonl', line: 7, why: 'signature' });
});

test('leaving out signatures does not help', async () => {
  const bare = LINES.map((line) => line.replace(/,"signature":"[\w-]{86}"/, ''));
  const bytes = toBytes(relink(bare, ZEROS));
  assert.equal((await verifyBytes(bytes)).broken, undefined);
  assert.deepEqual((await verifyBytes(bytes, PROVERS)).broken, { file: 'audit.jsonl', line: 1, why: 'signature' });
});

test('leaving out checkpoints does not help: the signed header says how many there must be', async () => {
  const [header = '', ...rest] = LINES;
  let seq = 1;
  const without = rest
    .filter((line) => !line.includes('"audit":"checkpoint"'))
    .map((line) => line.replace(/"seq":[0-9]+/, () => `"seq":${++seq}`));
  const bytes = toBytes([header, ...relink(without, header.slice(-66, -2))]);
  assert.deepEqual((await verifyBytes(bytes, PROVERS)).broken, { file: 'audit.jsonl', line: 7, why: 'unsigned' });
});

test('another key, or a trail without signatures, is not proven', async (t) => {
  assert.equal((await verifyBytes(SIGNED, OTHERS)).broken?.why, 'signature');
  assert.equal((await verifyBytes(await makeSpoilable(t, undefined), PROVERS)).broken?.why, 'signature');
});

test('hostile lines break the chain and nothing else', async () => {
  const hostile = [
    'null',
    '[]',
    '{}',
    '{"audit":"request"}',
    '{"audit":"header","__proto__":{"seq":1}}',
    '{"audit":"request","seq":1e999}',
    `{"audit":"header","process":"${'x'.repeat(300)}","seq":1,"time":"","prev":"${'0'.repeat(64)}"}`,
    '{"audit":"__proto__","process":"1","seq":1,"time":"","prev":""}',
  ];
  for (const text of hostile) {
    const line = rehash(`${text.slice(0, -1)},"hash":"`);
    assert((await verifyBytes(toBytes([line]))).broken !== undefined, line);
    assert((await verifyBytes(toBytes([text]))).broken !== undefined, text);
  }
});
