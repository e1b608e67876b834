// Finds where an issuer does something, from its own metadata.
import { type FetchDeps, fetchDocument } from './fetch-document.ts';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Discovery: first authorization server metadata (RFC 8414 section 3.1), then OpenID Connect discovery (section 4). The
 * document must name exactly this issuer (RFC 8414 section 3.3), or one issuer could speak for another.
 *
 * @param member the name of the URL in the metadata, such as `token_endpoint`
 * @throws Error when neither document has one that can be trusted; its cause says why for each
 */
export async function findIssuerEndpoint(issuer: string, member: string, deps: FetchDeps): Promise<string> {
  const failures: unknown[] = [];
  for (const url of toMetadataUrls(issuer)) {
    try {
      return await readEndpoint(url, issuer, member, deps);
    } catch (error) {
      failures.push(error);
      if (deps.signal.aborted) break;
    }
  }
  throw new AggregateError(failures, `cannot discover the ${member} of ${issuer}`);
}

function toMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

async function readEndpoint(url: string, issuer: string, member: string, deps: FetchDeps): Promise<string> {
  const document = await fetchDocument(url, deps);
  if (document['issuer'] !== issuer) throw new Error(`${url} speaks for another issuer`);
  const endpoint = Object.hasOwn(document, member) ? document[member] : undefined;
  if (typeof endpoint !== 'string' || !isTrustworthy(endpoint, issuer)) {
    throw new Error(`${url} names no ${member} that can be trusted`);
  }
  return endpoint;
}

/** Over TLS; without it only where the issuer itself is this machine, as in development. */
function isTrustworthy(endpoint: string, issuer: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, username, password, hash } = new URL(endpoint);
  if (username !== '' || password !== '' || hash !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && LOOPBACK.test(hostname) && LOOPBACK.test(new URL(issuer).hostname);
}
