// When a certificate ends.
import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * @param pem one certificate or a chain of them
 * @returns when the first of them ends, in milliseconds since 1970; undefined when there is none that can be read
 */
export function readExpiry(pem: string): number | undefined {
  const ends = (pem.match(CERTIFICATE) ?? []).map(toEnd).filter((end) => !Number.isNaN(end));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function toEnd(pem: string): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return Number.NaN;
  }
}
