// A development token issuer on loopback: discovery, a key set, and tokens for whoever the demo needs. Never for real use.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Person {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
}

export interface DevIssuer {
  readonly issuer: string;
  /** A signed access token (RFC 9068) for one resource. */
  mint(person: Person, audience: string, lifetimeS?: number): Promise<string>;
  close(): Promise<void>;
}

const HOUR_S = 3600;

/** Listens on a free port of 127.0.0.1; its key is made anew at each start. */
export async function startDevIssuer(): Promise<DevIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const documents = new Map<string, object>();
  const server = createServer((request, response) => {
    const document = documents.get(request.url ?? '');
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? { error: 'not_found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  };
  documents.set('/.well-known/oauth-authorization-server', metadata);
  documents.set('/.well-known/openid-configuration', metadata);
  documents.set('/jwks', { keys: [{ ...jwk, kid, use: 'sig', alg: 'ES256' }] });
  return {
    issuer,
    mint: ({ subject, scopes, groups }, audience, lifetimeS = HOUR_S) =>
      new SignJWT({ scope: scopes.join(' '), groups, client_id: 'demo' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeS}s`)
        .setJti(crypto.randomUUID())
        .sign(privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
