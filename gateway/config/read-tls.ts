// Reads the PEM files a `tls` section names, and checks that they hold what they should and belong together.
import { X509Certificate } from 'node:crypto';
import type { FileSet } from './file-set.ts';
import { findPrivateKey, MAX_PEM_BYTES, PRIVATE_KEY, tryTo } from './find-private-key.ts';
import { makeExpected, type Path, type Problem } from './problem.ts';

/** Contents of the files, for those keys that were named and sound. */
export interface TlsContents {
  ca?: string;
  cert?: string;
  key?: string;
}

export interface TlsNames {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** Reads all files of one section; problems stand at `path`, which is where the section stands. */
export function readTls(names: TlsNames, path: Path, files: FileSet): { contents: TlsContents; problems: Problem[] } {
  const contents: TlsContents = {};
  const problems: Problem[] = [];

  function read<T>(name: keyof TlsNames, expected: string, find: (pem: string) => T | undefined): T | undefined {
    const file = names[name];
    if (file === undefined) return undefined;
    const at = [...path, name];
    const outcome = files.read(file, MAX_PEM_BYTES);
    if (!outcome.ok) {
      problems.push({ path: at, say: (found) => `the file ${outcome.why}: ${found}` });
      return undefined;
    }
    const pem = outcome.bytes.toString('utf8');
    const value = find(pem);
    if (value === undefined) problems.push(makeExpected(at, expected));
    else contents[name] = pem;
    return value;
  }

  const certificates = 'a PEM file of certificates';
  read('ca', certificates, findCertificates);
  const chain = read('cert', certificates, findCertificates);
  const key = read('key', PRIVATE_KEY, findPrivateKey);
  if (chain?.[0] !== undefined && key !== undefined && !chain[0].checkPrivateKey(key)) {
    problems.push(makeExpected([...path, 'key'], 'the private key of the first certificate in `cert`'));
  }
  return { contents, problems };
}

/** All certificates of a PEM text; undefined when there is none, or one that cannot be read. */
function findCertificates(pem: string): readonly X509Certificate[] | undefined {
  const found: X509Certificate[] = [];
  for (let begin = pem.indexOf(BEGIN); begin >= 0; ) {
    const end = pem.indexOf(END, begin);
    const certificate = end < 0 ? undefined : tryTo(() => new X509Certificate(pem.slice(begin, end + END.length)));
    if (certificate === undefined) return undefined;
    found.push(certificate);
    begin = pem.indexOf(BEGIN, end);
  }
  return found.length === 0 ? undefined : found;
}
