// Reads the secrets of the sealing keys, and checks that no two keys share one.
import type { Path } from './problem.ts';
import type { Reader } from './reader.ts';
import type { SealingConfig } from './sealing-config.ts';
import type { Checked } from './shape/gateway.ts';
import { findSealingSecret, SEALING_SECRET_WORDS } from './shape/sealing-secret.ts';

const SEALING_SECRET = { find: findSealingSecret, words: SEALING_SECRET_WORDS };

/** Takes keys that fit the shape and stand at `path`. */
export function readSealingKeys(raw: Checked['sealing']['keys'], path: Path, reader: Reader): SealingConfig['keys'] {
  const seen = new Map<string, number>();
  return raw.map(({ id, secret, openOnly }, index) => {
    const at = [...path, index, 'secret'];
    const value = reader.secret(secret, at, SEALING_SECRET);
    const earlier = seen.get(value);
    if (earlier !== undefined && value !== '') {
      reader.problems.push({ path: at, say: () => `is the secret of [${earlier}] too; a new key needs a new one` });
    }
    seen.set(value, earlier ?? index);
    return { id, secret: value, openOnly };
  });
}
