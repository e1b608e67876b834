// Tells hosts that only this machine can reach, and those that stand for all its addresses, from others.
import { isIPv4 } from 'node:net';
import { toUrlHost } from './get-resource.ts';

/** Part of 127.0.0.0/8, `::1` in any spelling, or `localhost`; IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = normalise(host);
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

/** `0.0.0.0` or `::` in any spelling. */
export function isWildcard(host: string): boolean {
  const name = normalise(host);
  return name === '0.0.0.0' || name === '[::]';
}

function normalise(host: string): string {
  return URL.parse(`http://${toUrlHost(host)}`)?.hostname ?? host;
}
