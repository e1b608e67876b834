// The official SDK client with an OAuth provider of its own, whose redirects a person's browser follows at once.
import type { TestContext } from 'node:test';
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { followToCallback } from './browser.ts';

const CALLBACK = 'http://127.0.0.1:9/callback';

/** One exchange between the client and anybody, without its query. */
export interface Seen {
  readonly verb: string;
  readonly url: string;
  readonly status: number;
  /** Of a call, the JSON-RPC method. */
  readonly method?: string;
}

export interface PersonAtClient {
  readonly seen: readonly Seen[];
  /** What the person was asked for, one entry for each time at the browser. */
  readonly asked: readonly URLSearchParams[];
  readonly tokens: () => StoredOAuthTokens | undefined;
  /** Connects, logs in when asked to, and connects then. */
  connect(): Promise<Client>;
  /** Runs a call; when it needs a login, the person logs in and the call is made once more. */
  withLogin<T>(call: () => Promise<T>): Promise<T>;
}

export function makePersonAtClient(t: TestContext, url: string): PersonAtClient {
  const seen: Seen[] = [];
  const asked: URLSearchParams[] = [];
  let information: StoredOAuthClientInformation | undefined;
  let tokens: StoredOAuthTokens | undefined;
  let verifier = '';
  let discovered: OAuthDiscoveryState | undefined;
  let back: URL | undefined;

  const provider: OAuthClientProvider = {
    redirectUrl: CALLBACK,
    clientMetadata: {
      client_name: 'tollgate-test',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => information,
    saveClientInformation: (next) => void (information = next),
    tokens: () => tokens,
    saveTokens: (next) => void (tokens = next),
    saveCodeVerifier: (next) => void (verifier = next),
    codeVerifier: () => verifier,
    saveDiscoveryState: (next) => void (discovered = next),
    discoveryState: () => discovered,
    async redirectToAuthorization(authorizationUrl) {
      asked.push(authorizationUrl.searchParams);
      back = await followToCallback(authorizationUrl, CALLBACK);
    },
  };
  const makeTransport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(url), { authProvider: provider, fetch: seeing(seen) });
  let transport = makeTransport();

  async function finishLogin(): Promise<void> {
    if (back === undefined) throw new Error('nobody was sent to log in');
    const params = back.searchParams;
    back = undefined;
    await transport.finishAuth(params);
  }

  async function withLogin<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || back === undefined) throw error;
      await finishLogin();
      return call();
    }
  }

  return {
    seen,
    asked,
    tokens: () => tokens,
    withLogin,
    connect: () =>
      withLogin(async () => {
        transport = makeTransport();
        const client = new Client(
          { name: 'tollgate-test', version: '1.0.0' },
          { versionNegotiation: { mode: { pin: '2026-07-28' } } },
        );
        await client.connect(transport);
        t.after(() => client.close());
        return client;
      }),
  };
}

function seeing(seen: Seen[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
    const method = new Headers(init?.headers).get('mcp-method');
    const verb = init?.method ?? 'GET';
    seen.push({ verb, url: `${origin}${pathname}`, status: response.status, ...(method !== null && { method }) });
    return response;
  };
}
