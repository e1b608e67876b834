// Reads a secret from where it stands: the configuration itself, or a file of its own.
import type { FileSet } from './file-set.ts';
import { makeExpected, type Path, type Problem } from './problem.ts';
import { findSecret, SECRET_WORDS } from './shape/secret.ts';

/** What a kind of secret must look like, and in which words. */
export interface SecretKind {
  readonly find: (text: string) => string | undefined;
  readonly words: string;
}

export interface SecretRead {
  readonly value: string | undefined;
  readonly problems: readonly Problem[];
}

const HEADER_SECRET: SecretKind = { find: findSecret, words: SECRET_WORDS };

const MAX_SECRET_BYTES = 65_536;

/** `path` is where the secret stands; no problem repeats it. */
export function readSecret(
  secret: string | { readonly file: string },
  path: Path,
  files: FileSet,
  { find, words }: SecretKind = HEADER_SECRET,
): SecretRead {
  if (typeof secret === 'string') return { value: secret, problems: [] };
  const at = [...path, 'file'];
  const outcome = files.read(secret.file, MAX_SECRET_BYTES);
  if (!outcome.ok) return fail({ path: at, say: (found) => `the file ${outcome.why}: ${found}` });
  const value = find(outcome.bytes.toString('utf8').trim());
  return value === undefined ? fail(makeExpected(at, `a file that holds ${words}`)) : { value, problems: [] };
}

const fail = (problem: Problem): SecretRead => ({ value: undefined, problems: [problem] });
