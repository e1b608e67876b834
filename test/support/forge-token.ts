// Makes tokens no honest library would: any header and payload text, signed all the same.
import { createHmac, sign } from 'node:crypto';
import type { FakeKey } from './fake-issuer.ts';

export const toSegment = (content: object | string): string =>
  Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');

/** Signs these very segments with an ES256 or RS256 key. */
export function signSegments(key: FakeKey, header: string, payload: string): string {
  const input = Buffer.from(`${header}.${payload}`);
  const signature = sign('sha256', input, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${header}.${payload}.${signature.toString('base64url')}`;
}

/** Signs a token of any content, given as objects or as JSON text. */
export function forgeToken(key: FakeKey, header: object | string, payload: object | string): string {
  return signSegments(key, toSegment(header), toSegment(payload));
}

/** The classic: a public key taken for the secret of an HMAC. */
export function forgeHmac(secret: string | Buffer, header: object, payload: object): string {
  const input = `${toSegment(header)}.${toSegment(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
