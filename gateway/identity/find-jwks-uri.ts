// Finds where an issuer keeps its keys, from its own metadata.
import { type FetchDeps, fetchDocument } from './fetch-document.ts';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Discovery: first authorization server metadata (RFC 8414 section 3.1), then OpenID Connect discovery (section 4). The
 * document must name exactly this issuer (RFC 8414 section 3.3), or one issuer could speak for another.
 *
 * @throws Error when neither document leads to keys; its cause says why for each
 */
export async function findJwksUri(issuer: string, deps: FetchDeps): Promise<string> {
  const failures: unknown[] = [];
  for (const url of toMetadataUrls(issuer)) {
    try {
      return await readJwksUri(url, issuer, deps);
    } catch (error) {
      failures.push(error);
      if (deps.signal.aborted) break;
    }
  }
  throw new AggregateError(failures, `cannot discover the keys of ${issuer}`);
}

function toMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

async function readJwksUri(url: string, issuer: string, deps: FetchDeps): Promise<string> {
  const document = await fetchDocument(url, deps);
  if (document['issuer'] !== issuer) throw new Error(`${url} speaks for another issuer`);
  const jwksUri = document['jwks_uri'];
  if (typeof jwksUri !== 'string' || !isTrustworthy(jwksUri, issuer)) {
    throw new Error(`${url} names no jwks_uri that can be trusted`);
  }
  return jwksUri;
}

/** Keys come over TLS; without it only where the issuer itself is this machine, as in development. */
function isTrustworthy(jwksUri: string, issuer: string): boolean {
  if (!URL.canParse(jwksUri)) return false;
  const { protocol, hostname } = new URL(jwksUri);
  if (protocol === 'https:') return true;
  return protocol === 'http:' && LOOPBACK.test(hostname) && LOOPBACK.test(new URL(issuer).hostname);
}
