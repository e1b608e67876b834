// Says which network an address pays for: an IPv4 address is one caller, an IPv6 caller has a whole /64 (RFC 4291, 2.5.4).
import { isIPv6 } from 'node:net';

/** How a dual-stack socket writes an IPv4 address (RFC 4291, 2.5.5.2), and how a translator does (RFC 6052, 2.1). */
const HOLDS_IPV4 = [
  [0, 0, 0, 0, 0, 0xffff],
  [0x64, 0xff9b, 0, 0, 0, 0],
] as const;

/** @returns one text for all addresses of one network; whatever is no IPv6 address stands for itself */
export function toNetwork(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  const [plain = ''] = address.split('%');
  const lastColon = plain.lastIndexOf(':');
  const isMixed = plain.includes('.');
  const groups = expand(isMixed ? `${plain.slice(0, lastColon)}:0:0` : plain);
  if (HOLDS_IPV4.some((prefix) => prefix.every((group, i) => group === groups[i]))) {
    return isMixed ? plain.slice(lastColon + 1) : toDotted(groups[6] as number, groups[7] as number);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an address in which `::` stands at most once. */
function expand(address: string): readonly number[] {
  const [front = '', back] = address.split('::');
  const first = toGroups(front);
  const last = back === undefined ? [] : toGroups(back);
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

function toGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function toDotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
