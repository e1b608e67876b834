// An authorization server that signs whatever a test asks for and misbehaves on request, on a real port.
import { type JsonWebKey, KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface FakeKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** As published. */
  readonly publicJwk: JsonWebKey & { readonly kid: string; readonly alg: string };
}

export type Claims = Readonly<Record<string, unknown>>;
export type IssuerBehaviour = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeIssuer {
  /** Its `iss`: its origin, and a path when one was asked for. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** Paths asked for so far. */
  readonly hits: readonly string[];
  /** The first key published. */
  readonly key: FakeKey;
  /** Publishes these keys, and only these, from now on; also raw JWKs. */
  publish(...keys: readonly (FakeKey | object)[]): void;
  /** Answers every request so, until called without one. */
  behave(behaviour?: IssuerBehaviour): void;
  /** Puts other members into the metadata documents. */
  describe(members: object): void;
  /** Serves the metadata document only here; default both places. */
  discoverBy(how: 'oauth' | 'oidc'): void;
  /** Signs claims, with `header` on top of what is usual. */
  sign(claims: Claims, options?: { readonly key?: FakeKey; readonly header?: object }): Promise<string>;
  close(): Promise<void>;
}

let serial = 0;

/** Makes a key pair and the JWK an issuer publishes of it. */
export async function makeFakeKey(alg: string, kid = `key-${++serial}`): Promise<FakeKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } as FakeKey['publicJwk'];
  return { kid, alg, privateKey: KeyObject.from(privateKey), publicJwk };
}

export async function signToken(key: FakeKey, claims: Claims, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

/** @param path behind the origin, such as `/realms/demo` */
export async function startFakeIssuer({
  alg = 'ES256',
  path = '',
}: {
  readonly alg?: string;
  readonly path?: string;
} = {}): Promise<FakeIssuer> {
  const key = await makeFakeKey(alg);
  const hits: string[] = [];
  const sockets = new Set<Socket>();
  let published: readonly object[] = [key.publicJwk];
  let behaviour: IssuerBehaviour | undefined;
  let described: object = {};
  let places = ['oauth', 'oidc'];

  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    if (behaviour !== undefined) return behaviour(request, response);
    if (request.url === `${path}/keys`) return sendJson(response, { keys: published });
    const metadata = { issuer, jwks_uri: jwksUri, ...described };
    const isOauth = request.url === `/.well-known/oauth-authorization-server${path}`;
    const isOidc = request.url === `${path}/.well-known/openid-configuration`;
    if ((isOauth && places.includes('oauth')) || (isOidc && places.includes('oidc')))
      return sendJson(response, metadata);
    response.writeHead(404).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const jwksUri = `${issuer}/keys`;

  return {
    issuer,
    jwksUri,
    hits,
    key,
    publish(...keys) {
      published = keys.map((each) => ('publicJwk' in each ? each.publicJwk : each));
    },
    behave(next) {
      behaviour = next;
    },
    describe(members) {
      described = members;
    },
    discoverBy(how) {
      places = [how];
    },
    sign: (claims, options) => signToken(options?.key ?? key, { iss: issuer, ...claims }, options?.header),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
