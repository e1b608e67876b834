// The shape of an IP address, or of a block of them in CIDR notation (RFC 4632, RFC 4291).
import { isIP } from 'node:net';
import type { z } from 'zod';
import { text } from './text.ts';

const EXPECTED =
  'an IP address or a block such as 10.0.0.0/8 or fd00::/8, without a zone, of no more than half of all addresses';

export function ipBlock(description: string): z.ZodType<string> {
  return text({ description, expected: EXPECTED, find: (value) => (isBlock(value) ? value : undefined) });
}

function isBlock(value: string): boolean {
  const [address = '', bits, ...more] = value.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
