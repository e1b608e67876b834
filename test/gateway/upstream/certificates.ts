// Makes a certificate authority and certificates it signed, with openssl, in a folder that goes with the test.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly ca: string;
  /** `names` as in subjectAltName: `DNS:weather.test`, `IP:127.0.0.1`. */
  certify(names: string): Certified;
}

/** Elliptic keys, because they take milliseconds to make. */
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function makeAuthority(): Authority {
  return inFolder((folder) => {
    const at = (name: string): string => join(folder, name);
    const subject = ['-subj', '/CN=Tollgate test authority', '-days', '2'];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', at('ca.key'), '-out', at('ca.pem'), ...subject);
    const ca = readFileSync(at('ca.pem'), 'utf8');
    const caKey = readFileSync(at('ca.key'), 'utf8');
    return { ca, certify: (names) => certify(ca, caKey, names) };
  });
}

function certify(ca: string, caKey: string, names: string): Certified {
  return inFolder((folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('ca.pem'), ca);
    writeFileSync(at('ca.key'), caKey, { mode: 0o600 });
    writeFileSync(at('names.ext'), `subjectAltName=${names}\n`);
    openssl('req', ...NEW_KEY, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', '/CN=Tollgate test');
    const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', at('request.pem'), '-out', at('cert.pem'), '-extfile', at('names.ext'), ...signer);
    return { cert: readFileSync(at('cert.pem'), 'utf8'), key: readFileSync(at('key.pem'), 'utf8') };
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-certificates-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function openssl(...args: readonly string[]): void {
  try {
    execFileSync('openssl', args, { stdio: 'pipe' });
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const words = missing ? 'openssl is not installed; these tests make their certificates with it' : 'openssl failed';
    throw new Error(`${words}: openssl ${args.join(' ')}`, { cause });
  }
}
