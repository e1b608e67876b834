// Tells where a request came from when proxies stand in front of the gateway.
import { BlockList, isIP } from 'node:net';

/** No chain of honest proxies is longer. */
const MAX_HOPS = 32;
const MAPPED = '::ffff:';

/** @param forwardedFor all values of `X-Forwarded-For`, joined by commas */
export type FindClientAddress = (peer: string, forwardedFor: string | undefined) => string;

/**
 * Makes what reads `X-Forwarded-For` from the right: as long as a hop is a trusted proxy, the one before it is believed. What
 * the first stranger claims about others counts for nothing.
 *
 * @param trustedProxies addresses and CIDR ranges; none: the peer is the client
 */
export function makeFindClientAddress(trustedProxies: readonly string[]): FindClientAddress {
  if (trustedProxies.length === 0) return toPlainAddress;
  const trusted = new BlockList();
  for (const entry of trustedProxies) addRange(trusted, entry);
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (peer, forwardedFor) => {
    let address = toPlainAddress(peer);
    if (forwardedFor === undefined || isIP(address) === 0) return address;
    const hops = forwardedFor.split(',', MAX_HOPS + 1);
    // An endless chain says nothing that could be believed.
    if (hops.length > MAX_HOPS) return address;
    for (let at = hops.length - 1; at >= 0 && isTrusted(address); at--) {
      const hop = toPlainAddress((hops[at] as string).trim());
      // A zone means something on one link alone, and may be as long as its writer likes.
      if (isIP(hop) === 0 || hop.includes('%')) break;
      address = hop;
    }
    return address;
  };
}

/** An IPv4 peer of a socket that takes both kinds is written as IPv6. */
function toPlainAddress(address: string): string {
  return address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4
    ? address.slice(MAPPED.length)
    : address;
}

function addRange(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(prefix), family);
}
