// Reads what sections name from files, and gathers what is wrong with it.
import type { FileSet } from './file-set.ts';
import { findPrivateKey, MAX_PEM_BYTES } from './find-private-key.ts';
import type { Path, Problem } from './problem.ts';
import { readSecret, type SecretKind } from './read-secret.ts';
import { readTls, type TlsContents, type TlsNames } from './read-tls.ts';

/** What could not be read is empty, and a problem. No problem repeats a secret. */
export interface Reader {
  readonly problems: Problem[];
  readonly secret: (raw: string | { readonly file: string }, path: Path, kind?: SecretKind) => string;
  readonly tls: (names: TlsNames, path: Path) => TlsContents;
  /** PEM contents of a private Ed25519 key. */
  readonly signingKey: (name: string, path: Path) => string;
}

export function makeReader(files: FileSet): Reader {
  const problems: Problem[] = [];

  function secret(raw: string | { readonly file: string }, path: Path, kind?: SecretKind): string {
    const read = readSecret(raw, path, files, kind);
    problems.push(...read.problems);
    return read.value ?? '';
  }

  function tls(names: TlsNames, path: Path): TlsContents {
    const read = readTls(names, path, files);
    problems.push(...read.problems);
    return read.contents;
  }

  function signingKey(name: string, path: Path): string {
    const outcome = files.read(name, MAX_PEM_BYTES);
    const pem = outcome.ok ? outcome.bytes.toString('utf8') : '';
    if (!outcome.ok) {
      problems.push({ path, say: () => `the file ${outcome.why}` });
    } else if (findPrivateKey(pem)?.asymmetricKeyType !== 'ed25519') {
      problems.push({ path, say: () => 'expected a PEM file of one private Ed25519 key that is not encrypted' });
    }
    return pem;
  }

  return { problems, secret, tls, signingKey };
}
