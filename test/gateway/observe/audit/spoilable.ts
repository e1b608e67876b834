// An audit trail to spoil: two lives of a gateway, the first of which was killed in the middle of a line.
import { generateKeyPairSync, hash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { makeCheckpointProver } from '../../../../gateway/observe/audit/checkpoint-key.ts';
import { ENTRY, makeAuditFolder } from './audit-under-test.ts';

const PAIR = generateKeyPairSync('ed25519');

export const CHECKPOINT_KEY = PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const PROVERS = [toProver(PAIR)];
/** Of another key. */
export const OTHERS = [toProver(generateKeyPairSync('ed25519'))];

function toProver({ publicKey }: typeof PAIR) {
  return makeCheckpointProver(publicKey.export({ type: 'spki', format: 'pem' }).toString());
}

export async function makeSpoilable(t: TestContext, checkpointKey: string | undefined): Promise<Buffer> {
  const folder = makeAuditFolder(t);
  const settings = { checkpointEvery: 5, checkpointKey };
  const first = folder.open(settings);
  for (let at = 0; at < 12; at++) first.write({ ...ENTRY, requestId: `r-${at}`, name: `t\u{1F600}${at}` });
  await first.flush();
  appendFileSync(folder.file, '{"audit":"request","process":"1","seq":17,"ti');
  const second = folder.open(settings);
  for (let at = 0; at < 7; at++) second.write({ ...ENTRY, requestId: `s-${at}` });
  await second.close();
  return folder.read();
}

export const toText = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n').slice(0, -1);

export const toBytes = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');

/** The line with its own hash made right again, as a forger would. */
export function rehash(line: string): string {
  const text = line.slice(0, line.lastIndexOf(',"hash":"'));
  return `${text},"hash":"${hash('sha256', text)}"}`;
}

/** Links each line to the one before it, the first to `prev`, as whoever may write the file can. */
export function relink(lines: readonly string[], prev: string): string[] {
  let last = prev;
  return lines.map((line) => {
    const made = rehash(line.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${last}"`));
    last = made.slice(-66, -2);
    return made;
  });
}
