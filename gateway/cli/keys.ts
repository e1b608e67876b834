// `tollgate keys new`: prints a new sealing key.
import type { Output } from '../output.ts';
import { makeSecret } from '../sealing/sealing-key.ts';

export interface KeysNewSettings {
  /** Undefined: print the secret alone, as an environment variable takes it. */
  readonly id: string | undefined;
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Buffer;
  readonly out: Output;
}

/** Prints one line: the secret in base64, or with an id an item for `sealing.keys`. @returns 0 */
export function runKeysNew({ id, randomBytes, out }: KeysNewSettings): number {
  const secret = makeSecret(randomBytes);
  out.write(id === undefined ? `${secret}\n` : `- { id: ${JSON.stringify(id)}, secret: ${JSON.stringify(secret)} }\n`);
  return 0;
}
