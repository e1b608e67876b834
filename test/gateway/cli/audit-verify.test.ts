// `tollgate audit verify`: its lines and its answer.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AuditVerifySettings, runAuditVerify } from '../../../gateway/cli/audit.ts';
import { type AuditFolder, ENTRY, makeAuditFolder } from '../observe/audit/audit-under-test.ts';

interface Verified {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function verify(files: readonly string[], more: Partial<AuditVerifySettings> = {}): Promise<Verified> {
  const printed = { out: '', err: '' };
  const code = await runAuditVerify({
    files,
    keyFiles: [],
    mixed: false,
    complete: false,
    out: { write: (text) => (printed.out += text) },
    err: { write: (text) => (printed.err += text) },
    ...more,
  });
  return { code, ...printed };
}

async function makeTrail(t: TestContext, checkpointKey?: string): Promise<AuditFolder> {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ checkpointKey });
  trail.write(ENTRY);
  await trail.close();
  return folder;
}

test('a sound trail gets its counts and the answer 0', async (t) => {
  const { file } = await makeTrail(t);
  const { code, out, err } = await verify([file]);
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(out.split('\n'), [
    'ok: 3 lines, 1 requests, 1 checkpoints, 0 dropped',
    'process "1": lines 1 to 3, from its beginning, has ended',
    'last checkpoint: process "1", line 3, "2026-07-28T10:11:12.125Z", signature not looked at',
    '',
  ]);
});

test('the first line that is not as it was written is named, and the answer is 1', async (t) => {
  const folder = await makeTrail(t);
  writeFileSync(folder.file, folder.read().toString().replace('"status":200', '"status":403'));
  const { code, out, err } = await verify([folder.file]);
  assert.equal(code, 1);
  assert.equal(err, `${folder.file}:2: changed: the line is not as it was written, or the one before it is not\n`);
  assert.match(out, /^as written before that: 1 lines/);
});

test('with its key the signatures are proven; with another one they are not', async (t) => {
  const mine = generateKeyPairSync('ed25519');
  const folder = await makeTrail(t, mine.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const keyFiles = [mine, generateKeyPairSync('ed25519')].map(({ publicKey }, at) => {
    const keyFile = join(dirname(folder.file), `${at}.pem`);
    writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }));
    return keyFile;
  });
  const [right = '', wrong = ''] = keyFiles;
  assert.match((await verify([folder.file], { keyFiles: [right] })).out, /signature proven\n$/);
  assert.equal((await verify([folder.file], { keyFiles: [wrong, right] })).code, 0);
  const { code, err } = await verify([folder.file], { keyFiles: [wrong] });
  assert.deepEqual([code, err.split(': ')[1]], [1, 'signature']);
});

test('a trail that was not ended is sound, but not complete', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open();
  await trail.flush();
  const { code, out } = await verify([folder.file]);
  assert.equal(code, 0);
  assert.match(out, /has not ended \(written to, killed or cut\), 0 behind a checkpoint\n/);
  const complete = await verify([folder.file], { complete: true });
  assert.deepEqual([complete.code, complete.err.split(':')[0]], [1, 'incomplete']);
  await trail.close();
  assert.equal((await verify([folder.file], { complete: true })).code, 0);
});

test('a trail without its first file is sound, but not complete', async (t) => {
  const folder = makeAuditFolder(t);
  const trail = folder.open({ rotateAtBytes: 1 });
  trail.write(ENTRY);
  await trail.close();
  assert.equal((await verify([folder.file])).code, 0);
  assert.match((await verify([folder.file], { complete: true })).err, /^incomplete: .*continues [0-9a-f]{64}, which/);
  const rotated = join(dirname(folder.file), folder.names()[1] ?? '');
  assert.equal((await verify([rotated, folder.file], { complete: true })).code, 0);
  writeFileSync(folder.file, '');
  assert.equal((await verify([rotated, folder.file])).code, 0);
});

test('where no line is left, nothing is proven', async (t) => {
  const { file } = await makeTrail(t);
  writeFileSync(file, '');
  const { code, err } = await verify([file]);
  assert.deepEqual([code, err], [1, 'no line of an audit trail\n']);
});

test('files and keys that cannot be read are wrong use, and the answer is 2', async (t) => {
  const { file } = await makeTrail(t);
  assert.equal((await verify([file, '/nowhere/audit.jsonl'])).code, 2);
  assert.equal((await verify(['/nowhere/audit.jsonl', '/nowhere/too'])).code, 2);
  assert.equal((await verify([dirname(file)])).code, 2);
  assert.equal((await verify([file], { keyFiles: [file] })).code, 2);
  const rsa = join(dirname(file), 'rsa.pem');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(rsa, publicKey.export({ type: 'spki', format: 'pem' }));
  assert.deepEqual(await verify([file], { keyFiles: [rsa] }), {
    code: 2,
    out: '',
    err: 'the checkpoint key is no Ed25519 key\n',
  });
});

test('what a trail calls its processes cannot steer the terminal', async (t) => {
  const folder = makeAuditFolder(t);
  await folder.open({}, { process: '\u001b[2J\u009b' }).close();
  const { code, out } = await verify([folder.file]);
  assert.equal(code, 0);
  assert.match(out, /^[\x20-\x7e\n]*$/);
});
