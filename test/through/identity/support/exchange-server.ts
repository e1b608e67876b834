// A real authorization server (oidc-provider) with people's tokens and the grant that exchanges them (RFC 8693).
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { errors, type Provider } from 'oidc-provider';
import { makeSigningKey } from './authorization-server.ts';
import { makeProvider, SCOPES, SERVICE, type SigningKey } from './provider-settings.ts';
import { makeProviderStore } from './provider-store.ts';

declare module 'oidc-provider' {
  interface ProviderClient {
    readonly clientId: string;
  }

  interface TokenContext extends Context {
    readonly oidc: {
      readonly client: ProviderClient;
      readonly params: Readonly<Record<string, string | undefined>>;
    };
    body: object;
  }

  interface IssuedToken {
    readonly expiration: number;
    save(): Promise<string>;
  }

  interface Provider {
    readonly Client: { find(id: string): Promise<ProviderClient | undefined> };
    readonly ResourceServer: new (resource: string, info: object) => object;
    readonly AccessToken: new (token: {
      accountId: string;
      client: ProviderClient;
      resourceServer: object;
      scope: string;
    }) => IssuedToken;
    registerGrantType(name: string, handler: (context: TokenContext) => Promise<void>, params: readonly string[]): void;
  }

  export const errors: {
    readonly InvalidGrant: new (detail: string) => Error;
    readonly CustomOIDCProviderError: new (code: string, description: string) => Error;
  };
}

/** What the token endpoint was asked for, after the provider let the client in. */
export interface SeenExchange {
  readonly client: string;
  readonly subject: string;
  readonly resource: string | undefined;
  readonly scope: string | undefined;
}

export interface ExchangeServer {
  readonly issuer: string;
  /** Paths asked for so far, also while it was down. */
  readonly hits: readonly string[];
  readonly exchanges: readonly SeenExchange[];
  /** The tokens that exchanges gave. */
  readonly issued: readonly string[];
  /** The client that the gateway is. */
  readonly gateway: { readonly clientId: string; readonly clientSecret: string };
  /** A token of a person for this resource. */
  mint(person: string, resource: string): Promise<string>;
  /** How long exchanged tokens live from now on. */
  setLifetime(seconds: number): void;
  /** Exchanges are refused with this error code and these words from now on. */
  refuseWith(code: string, words: string): void;
  /** While it is down, connections are cut without an answer. */
  setDown(isDown: boolean): void;
}

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const PARAMS = ['subject_token', 'subject_token_type', 'resource', 'audience', 'scope'];
const LIFETIME_S = 600;

/** @param audience what tokens must be for to be exchanged */
export async function startExchangeServer(t: TestContext, audience: string): Promise<ExchangeServer> {
  const key = await makeSigningKey('ES256');
  const hits: string[] = [];
  const exchanges: SeenExchange[] = [];
  const issued: string[] = [];
  let lifetimeS = LIFETIME_S;
  let refusal: Error | undefined;
  let isDown = false;
  const { server, issuer } = await listen(t, (path) => {
    hits.push(path);
    return isDown ? undefined : provider;
  });
  const provider = makeProvider({ issuer, keys: [key], signing: key, store: makeProviderStore() });
  const toToken = (accountId: string, client: { readonly clientId: string }, resource: string, ttlS: number) =>
    new provider.AccessToken({
      accountId,
      client,
      scope: SCOPES[0],
      resourceServer: new provider.ResourceServer(resource, {
        scope: SCOPES.join(' '),
        audience: resource,
        accessTokenTTL: ttlS,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: key.alg, kid: key.kid } },
      }),
    });

  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (context) => {
      const { client, params } = context.oidc;
      const subject = await readSubject(params, key, { issuer, audience });
      exchanges.push({ client: client.clientId, subject, resource: params['resource'], scope: params['scope'] });
      if (refusal !== undefined) throw refusal;
      const token = toToken(subject, client, params['resource'] ?? '', lifetimeS);
      const value = await token.save();
      issued.push(value);
      context.body = {
        access_token: value,
        issued_token_type: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: token.expiration,
      };
    },
    PARAMS,
  );

  return {
    issuer,
    hits,
    exchanges,
    issued,
    gateway: await registerGateway(issuer),
    async mint(person, resource) {
      const client = await provider.Client.find(SERVICE.id);
      if (client === undefined) throw new Error('no such client');
      return toToken(person, client, resource, LIFETIME_S).save();
    },
    setLifetime(seconds) {
      lifetimeS = seconds;
    },
    refuseWith(code, words) {
      refusal = new errors.CustomOIDCProviderError(code, words);
    },
    setDown(next) {
      isDown = next;
      if (isDown) server.cut();
    },
  };
}

/** @param serve gives the provider that answers, or nothing to cut the connection */
async function listen(t: TestContext, serve: (path: string) => Provider | undefined) {
  const sockets = new Set<Socket>();
  const http = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const provider = serve(path);
    if (provider === undefined) request.socket.destroy();
    else provider.callback()(request, response);
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  t.after(
    () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        cut();
      }),
  );
  return { server: { cut }, issuer: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

async function readSubject(
  params: Readonly<Record<string, string | undefined>>,
  { kid, alg, jwk }: SigningKey,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<string> {
  if (params['subject_token_type'] !== ACCESS_TOKEN) throw new errors.InvalidGrant('the type of the subject token');
  const { d: _private, ...published } = jwk;
  const { payload } = await jwtVerify(
    params['subject_token'] ?? '',
    createLocalJWKSet({ keys: [{ ...published, kid, alg }] }),
    expected,
  ).catch((error: Error) => {
    throw new errors.InvalidGrant(error.message);
  });
  return payload.sub ?? '';
}

/** Dynamic registration (RFC 7591), so that the provider knows a client that may exchange and nothing else. */
async function registerGateway(issuer: string): Promise<ExchangeServer['gateway']> {
  const response = await fetch(`${issuer}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_types: [TOKEN_EXCHANGE],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    }),
  });
  const answer = (await response.json()) as { readonly client_id?: string; readonly client_secret?: string };
  if (answer.client_id === undefined || answer.client_secret === undefined)
    throw new Error(`no client: ${JSON.stringify(answer)}`);
  return { clientId: answer.client_id, clientSecret: answer.client_secret };
}
