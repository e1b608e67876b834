// Builds the protected resource metadata (RFC 9728) of all endpoints, once per configuration.

export interface ProtectedResource {
  /** The endpoint's path, beginning with a slash. */
  readonly path: string;
  /** Its resource identifier. */
  readonly resource: string;
  /** Issuers whose tokens it takes. */
  readonly issuers: readonly string[];
  /** Scopes that open something there. */
  readonly scopes: readonly string[];
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * @returns JSON documents by exact path: the well-known path followed by the endpoint's (RFC 9728 section 3.1), and the
 *   well-known path alone when there is one endpoint. An endpoint that takes no tokens has none.
 */
export function makeResourceMetadata(resources: readonly ProtectedResource[]): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  for (const resource of resources) {
    if (resource.issuers.length === 0) continue;
    const document = toDocument(resource);
    documents.set(toWellKnownPath(resource.path), document);
    if (resources.length === 1) documents.set(WELL_KNOWN, document);
  }
  return documents;
}

/** The URL a challenge names: never built from what a client sent. */
export function toMetadataUrl(publicUrl: string, path: string): string {
  return `${publicUrl}${toWellKnownPath(path)}`;
}

/** A path that is only a slash is left out (RFC 9728 section 3.1). */
function toWellKnownPath(path: string): string {
  return path === '/' ? WELL_KNOWN : `${WELL_KNOWN}${path}`;
}

function toDocument({ resource, issuers, scopes }: ProtectedResource): string {
  const supported = [...new Set(scopes)].filter((scope) => scope !== 'offline_access').toSorted();
  return JSON.stringify({
    resource,
    authorization_servers: [...new Set(issuers)],
    ...(supported.length > 0 && { scopes_supported: supported }),
    bearer_methods_supported: ['header'],
  });
}
