// The lines of the audit trail: keys, their order, hashes and signatures may not change unnoticed.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatEntry } from '../../gateway/observe/audit/format-entry.ts';
import { ENTRY, makeAuditFolder } from '../gateway/observe/audit/audit-under-test.ts';

/** Made for this test alone: the private key of the bytes 0 to 31. */
const KEY = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from([...Array(32).keys()])]),
  format: 'der',
  type: 'pkcs8',
})
  .export({ format: 'pem', type: 'pkcs8' })
  .toString();

const ENDS = ['prev', 'hash'];
const BEGINS = ['audit', 'process', 'seq', 'time'];
const REQUEST =
  'requestId traceId endpoint principal method name tool decision rule policy refusal reason quotaRule upstream instance ' +
  'status ending durationMs bytesIn bytesOut sealed opened arguments';

const FULL = {
  ...ENTRY,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  principal: { kind: 'token', issuer: 'i', subject: 's', client: 'c', jti: 'j' },
  tool: 'export',
  refusal: 'rate_limited',
  reason: 'bucket_empty',
  quotaRule: 'calls',
  arguments: [{ pointer: '/city', as: 'text', value: 'Oslo' }],
} as const;

test('every line has its keys, in this order', async (t) => {
  const folder = makeAuditFolder(t);
  const settings = { checkpointKey: KEY, onFull: 'drop' } as const;
  const first = folder.open(settings);
  while (!first.isFull) first.write(FULL);
  first.write(FULL);
  await first.close();
  appendFileSync(folder.file, '{"au');
  await folder.open(settings).close();
  const text = folder.read().toString();
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  const shapes = new Map<string, string[]>();
  for (const line of lines) {
    const keys = Object.keys(JSON.parse(line) as object);
    shapes.set(`${line.split('"')[3]}${keys.includes('torn') ? ' behind a crash' : ''}`, keys);
  }
  const header = ['version', 'why', 'checkpointEvery', 'nonce', 'key'];
  assert.deepEqual(Object.fromEntries(shapes), {
    header: [...BEGINS, ...header, 'prev', 'signature', 'hash'],
    'header behind a crash': [...BEGINS, ...header, 'torn', 'prev', 'signature', 'hash'],
    request: [...BEGINS, ...REQUEST.split(' '), ...ENDS],
    dropped: [...BEGINS, 'count', 'since', ...ENDS],
    checkpoint: [...BEGINS, 'why', 'key', 'prev', 'signature', 'hash'],
  });
});

test('an entry is these very bytes', () => {
  assert.equal(
    formatEntry(FULL),
    ',"requestId":"r-1","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","endpoint":"/mcp"' +
      ',"principal":{"kind":"token","issuer":"i","subject":"s","client":"c","jti":"j"}' +
      ',"method":"tools/call","name":"get_forecast","tool":"export","decision":"allowed","rule":"forecasts"' +
      ',"policy":"0011223344556677","refusal":"rate_limited","reason":"bucket_empty","quotaRule":"calls"' +
      ',"upstream":"weather","instance":"http://127.0.0.1:3000/mcp","status":200,"ending":"answered","durationMs":1.5' +
      ',"bytesIn":10,"bytesOut":20,"sealed":0,"opened":0,"arguments":[{"pointer":"/city","text":"Oslo"}]',
  );
});

test('an anonymous caller is a word', () => {
  const principal = { kind: 'anonymous', issuer: '', subject: '', client: '', jti: undefined } as const;
  assert(formatEntry({ ...ENTRY, principal }).includes(',"principal":{"kind":"anonymous"},'));
});

test('hash and signature are those that anybody can compute from the bytes', async (t) => {
  const folder = makeAuditFolder(t);
  await folder.open({ checkpointKey: KEY }).close();
  const [header = '', checkpoint = ''] = folder.read().toString().split('\n');
  for (const line of [header, checkpoint]) {
    const [, signed = '', signature = ''] = /^(.*),"signature":"([^"]+)","hash":"[0-9a-f]{64}"\}$/.exec(line) ?? [];
    assert(verify(null, Buffer.from(signed), createPublicKey(KEY), Buffer.from(signature, 'base64url')));
    const [, hashed = '', hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
    assert.equal(createHash('sha256').update(hashed).digest('hex'), hash);
  }
  assert.equal(
    header,
    '{"audit":"header","process":"1","seq":1,"time":"2026-07-28T10:11:12.123Z","version":1,"why":"start"' +
      ',"checkpointEvery":1000,"nonce":"07070707070707070707070707070707","key":"a050837d85070582"' +
      `,"prev":"${'0'.repeat(64)}"${header.slice(header.indexOf(',"signature"'))}`,
  );
});
