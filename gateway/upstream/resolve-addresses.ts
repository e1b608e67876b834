// Finds the addresses of a host name: one instance each, so never two addresses of one server.
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';

/** Addresses of a host name in any order; rejects, or finds none, when the name has no usable answer. */
export type ResolveAddresses = (hostname: string) => Promise<readonly string[]>;

/** Answers that say: this name has no address of this family. Any other failure says nothing of the name. */
const NO_SUCH_ADDRESS: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND']);

/** The questions asked, as `node:dns/promises` answers them. */
export interface DnsQuestions {
  resolve4(hostname: string): Promise<readonly string[]>;
  resolve6(hostname: string): Promise<readonly string[]>;
  lookup(hostname: string, options: { all: true }): Promise<readonly { readonly address: string }[]>;
}

/**
 * Asks the name servers for A and AAAA records; where they fail or know neither, asks the system, which also reads the
 * hosts file and search domains. IPv6 addresses are used only where there is no IPv4 one: one server under both would
 * count as two, and without a way to IPv6 half of the fleet would seem down.
 */
export function makeResolveAddresses(dns: DnsQuestions = makeSystemDns()): ResolveAddresses {
  return async (hostname) => {
    const literal = hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0) return [literal];

    const [four, six] = await Promise.all([orNone(dns.resolve4(hostname)), orNone(dns.resolve6(hostname))]);
    if (four !== undefined && four.length > 0) return four;
    if (four !== undefined && six !== undefined && six.length > 0) return six;

    const all = (await dns.lookup(hostname, { all: true })).map(({ address }) => address);
    const onlyFour = all.filter((address) => isIPv4(address));
    return onlyFour.length > 0 ? onlyFour : all;
  };
}

function makeSystemDns(): DnsQuestions {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return {
    resolve4: (hostname) => resolver.resolve4(hostname),
    resolve6: (hostname) => resolver.resolve6(hostname),
    lookup,
  };
}

/** No addresses where there are none; `undefined` where the question failed. */
async function orNone(question: Promise<readonly string[]>): Promise<readonly string[] | undefined> {
  try {
    return await question;
  } catch (error) {
    return NO_SUCH_ADDRESS.has((error as NodeJS.ErrnoException).code) ? [] : undefined;
  }
}
