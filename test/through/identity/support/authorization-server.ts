// A real authorization server (oidc-provider) on loopback, whose keys can be rotated and which can be unreachable.
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import type { Provider } from 'oidc-provider';
import { answerInteraction } from './auto-consent.ts';
import { ASK, makeProvider, SCOPES, SERVICE, type SigningKey } from './provider-settings.ts';
import { makeProviderStore } from './provider-store.ts';

export interface Wish {
  readonly resource: string;
  readonly scope?: string;
  /** The key that signs; default the one set by `rotate`. */
  readonly key?: SigningKey;
  readonly lifetimeS?: number;
}

export interface AuthorizationServer {
  readonly issuer: string;
  readonly jwksUri: string;
  /** Paths asked for so far, also while it was down. */
  readonly hits: readonly string[];
  /** One of each kind, in the order RS256, ES256, EdDSA; the first one signs. */
  readonly keys: readonly [SigningKey, SigningKey, SigningKey];
  /** Publishes these keys alone; the first one signs. */
  rotate(...keys: readonly [SigningKey, ...SigningKey[]]): void;
  /** Answers 404 at these paths. */
  hide(...paths: readonly string[]): void;
  /** While it is down, connections are cut without an answer. */
  setDown(isDown: boolean): void;
  /** What the person at the browser agrees to; default everything. */
  consentTo(...scopes: readonly string[]): void;
  /** Gets an access token by client credentials. */
  mint(wish: Wish): Promise<string>;
}

let serial = 0;

export async function makeSigningKey(alg: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid: `${alg}-${++serial}`, alg, jwk: await exportJWK(privateKey) };
}

export async function startAuthorizationServer(t: TestContext): Promise<AuthorizationServer> {
  const keys = [await makeSigningKey('RS256'), await makeSigningKey('ES256'), await makeSigningKey('EdDSA')] as const;
  const hits: string[] = [];
  const sockets = new Set<Socket>();
  const store = makeProviderStore();
  let provider: Provider;
  let hidden: readonly string[] = [];
  let isDown = false;
  let consented: ReadonlySet<string> = new Set(SCOPES);

  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    hits.push(path);
    if (isDown) request.socket.destroy();
    else if (hidden.includes(path)) response.writeHead(404).end();
    else if (path.startsWith('/interaction/')) {
      answerInteraction(provider, consented, request, response).catch((error: Error) => response.destroy(error));
    } else provider.callback()(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rotate: AuthorizationServer['rotate'] = (...published) => {
    provider = makeProvider({ issuer, keys: published, signing: published[0], store });
  };
  rotate(...keys);

  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    hits,
    keys: [...keys],
    rotate,
    hide(...paths) {
      hidden = paths;
    },
    setDown(next) {
      isDown = next;
      if (isDown) for (const socket of sockets) socket.destroy();
    },
    consentTo(...scopes) {
      consented = new Set(scopes);
    },
    mint: (wish) => mint(issuer, wish),
  };
}

async function mint(issuer: string, { resource, scope, key, lifetimeS }: Wish): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource });
  if (scope !== undefined) form.set('scope', scope);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: form,
    headers: {
      authorization: `Basic ${Buffer.from(`${SERVICE.id}:${SERVICE.secret}`).toString('base64')}`,
      ...(key !== undefined && { [ASK.key]: key.kid }),
      ...(lifetimeS !== undefined && { [ASK.lifetime]: String(lifetimeS) }),
    },
  });
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.access_token;
}
