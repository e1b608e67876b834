// How oidc-provider is set up as the authorization server of MCP endpoints: JWT access tokens for one resource at a time.
import type { JsonWebKey } from 'node:crypto';
import { type Context, Provider } from 'oidc-provider';

export const SERVICE = { id: 'service', secret: 'the-secret-of-the-service' } as const;
/** Request headers with which a test asks for an unusual token. */
export const ASK = { key: 'x-test-key', lifetime: 'x-test-lifetime' } as const;
export const SCOPES = ['weather:read', 'weather:write', 'weather:admin'] as const;
const DEFAULT_LIFETIME_S = 600;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  /** With its private part. */
  readonly jwk: JsonWebKey;
}

export interface ProviderSettings {
  readonly issuer: string;
  /** All that are published. */
  readonly keys: readonly SigningKey[];
  /** Signs what nobody asked another key for. */
  readonly signing: SigningKey;
  /** Of `makeProviderStore`. */
  readonly store: (model: string) => object;
}

export function makeProvider({ issuer, keys, signing, store }: ProviderSettings): Provider {
  const toKey = (kid: string): SigningKey => keys.find((key) => key.kid === kid) ?? signing;
  return new Provider(issuer, {
    adapter: store,
    jwks: { keys: keys.map(({ jwk, kid, alg }) => ({ ...jwk, kid, alg, use: 'sig' })) },
    // ID tokens, which nobody reads here, are signed with a key that always exists.
    clientDefaults: { id_token_signed_response_alg: signing.alg },
    scopes: ['openid', 'offline_access', ...SCOPES],
    clients: [
      {
        client_id: SERVICE.id,
        client_secret: SERVICE.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo(context: Context, resource: string) {
          const { alg, kid } = toKey(context.get(ASK.key));
          return {
            scope: SCOPES.join(' '),
            audience: resource,
            accessTokenTTL: Number(context.get(ASK.lifetime) || DEFAULT_LIFETIME_S),
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg, kid } },
          };
        },
      },
    },
    ttl: { Interaction: 60, Session: 60, Grant: 600, AccessToken: toLifetime, ClientCredentials: toLifetime },
    interactions: { url: (_context: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    cookies: { keys: ['no secret at all'] },
    findAccount: (_context: Context, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
}

function toLifetime(
  _context: Context,
  token: { readonly resourceServer?: { readonly accessTokenTTL: number } },
): number {
  return token.resourceServer?.accessTokenTTL ?? DEFAULT_LIFETIME_S;
}
