// Reads the secrets and keys a credential names, and checks that they can be used.
import type { FileSet } from './file-set.ts';
import { findAlgorithms, findPrivateKey, MAX_PEM_BYTES, PRIVATE_KEY } from './find-private-key.ts';
import { makeExpected, type Path, type Problem } from './problem.ts';
import { readSecret } from './read-secret.ts';
import type { CheckedCredential } from './shape/credential.ts';

export interface CredentialContents {
  /** The token, header value or client secret, from the configuration or from its file. */
  readonly secret?: string | undefined;
  /** For an assertion. */
  readonly keyPem?: string;
  readonly algorithm?: string;
}

interface CredentialRead {
  readonly contents: CredentialContents;
  readonly problems: readonly Problem[];
}

/** Problems stand at `path`, which is where the credential stands; none of them repeats a secret. */
export function readCredential(raw: CheckedCredential, path: Path, files: FileSet): CredentialRead {
  const { bearer, header, assertion, exchange } = raw;
  if (bearer !== undefined) return readText(bearer, [...path, 'bearer'], files);
  if (header !== undefined) return readText(header.value ?? { file: header.file ?? '' }, [...path, 'header'], files);
  if (exchange !== undefined) return readText(exchange.clientSecret, [...path, 'exchange', 'clientSecret'], files);
  if (assertion !== undefined) return readKey(assertion, [...path, 'assertion'], files);
  return { contents: {}, problems: [] };
}

function readText(secret: string | { readonly file: string }, path: Path, files: FileSet): CredentialRead {
  const { value, problems } = readSecret(secret, path, files);
  return { contents: value === undefined ? {} : { secret: value }, problems };
}

function readKey({ key, algorithm }: NonNullable<CheckedCredential['assertion']>, path: Path, files: FileSet) {
  const at = [...path, 'key'];
  const outcome = files.read(key, MAX_PEM_BYTES);
  if (!outcome.ok) return fail({ path: at, say: () => `the file ${outcome.why}` });
  const keyPem = outcome.bytes.toString('utf8');
  const found = findPrivateKey(keyPem);
  if (found === undefined) return fail({ path: at, say: () => `expected ${PRIVATE_KEY}` });
  const fitting = findAlgorithms(found);
  const [usual] = fitting;
  if (usual === undefined) {
    return fail({ path: at, say: () => 'expected a key of EC P-256 or P-384, RSA of 2048 bits or more, or Ed25519' });
  }
  if (algorithm !== undefined && !fitting.includes(algorithm)) {
    return fail(makeExpected([...path, 'algorithm'], `one that fits the key: ${fitting.join(', ')}`));
  }
  return { contents: { keyPem, algorithm: algorithm ?? usual }, problems: [] };
}

const fail = (problem: Problem): CredentialRead => ({ contents: {}, problems: [problem] });
