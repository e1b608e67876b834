// The stage that authenticates, with a fake issuer on a real port and a clock the test moves.
import type { Authenticated, Endpoint, Received } from '../../../gateway/exchange.ts';
import { makeAuthenticate } from '../../../gateway/identity/authenticate.ts';
import type { IdentitySettings, IssuerSettings } from '../../../gateway/identity/identity-settings.ts';
import type { KeyEvent } from '../../../gateway/identity/issuer-keys.ts';
import { type IssuerRegistry, makeIssuerRegistry } from '../../../gateway/identity/issuer-registry.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { type FakeTimeline, makeFakeTimeline } from '../upstream/fake-timeline.ts';

export const NOW_S = 1_900_000_000;
export const RESOURCE = 'https://mcp.example.com/mcp';

export function makeIssuerSettings(issuer: string, changes: Partial<IssuerSettings> = {}): IssuerSettings {
  return {
    issuer,
    jwksUri: undefined,
    algorithms: ['RS256', 'ES256', 'EdDSA', 'PS256'],
    tokenTypes: ['at+jwt'],
    claims: { scopes: 'scope', groups: 'groups', client: 'client_id' },
    scopeImplies: new Map(),
    ...changes,
  };
}

export function makeIdentitySettings(
  issuers: readonly IssuerSettings[],
  changes: Partial<IdentitySettings> = {},
): IdentitySettings {
  return {
    anonymous: false,
    clockSkewMs: 30_000,
    issuers,
    keys: { refreshMs: 600_000, cooldownMs: 30_000, staleForMs: 3_600_000, timeoutMs: 5_000 },
    ...changes,
  };
}

/** Claims that are valid at `NOW_S`. */
export function makeClaims(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    aud: RESOURCE,
    sub: 'alice',
    client_id: 'cli',
    exp: NOW_S + 300,
    iat: NOW_S,
    scope: 'weather:read',
    ...changes,
  };
}

export interface IdentityStage {
  readonly timeline: FakeTimeline;
  readonly registry: IssuerRegistry;
  readonly events: readonly KeyEvent[];
  /** What `onValidated` was told. */
  readonly validated: readonly (readonly [issuer: string, reason: string])[];
  authenticate(request: Received): Authenticated | Promise<Authenticated>;
  /** Sends one token, on `/mcp` unless told otherwise. */
  send(token: string, request?: Partial<Received>): Promise<Authenticated>;
  /** The reason a token is refused for, with kind and status when that is not 401 `token_invalid`; `ok` otherwise. */
  judge(token: string, request?: Partial<Received>): Promise<string>;
}

export interface StageOptions {
  readonly settings: IdentitySettings;
  readonly timeline?: FakeTimeline;
  readonly previous?: IssuerRegistry;
  readonly narrowed?: ReadonlyMap<string, readonly string[]>;
  readonly fetch?: typeof fetch;
}

export function makeStage({ settings, previous, narrowed, ...options }: StageOptions): IdentityStage {
  const timeline = options.timeline ?? makeFakeTimeline(NOW_S * 1000);
  const events: KeyEvent[] = [];
  const validated: [string, string][] = [];
  const registry = makeIssuerRegistry(
    settings,
    {
      nowMs: timeline.now,
      random: () => 1,
      fetch: options.fetch ?? fetch,
      startTimer: timeline.startTimer,
      onEvent: (event) => events.push(event),
    },
    previous,
  );
  const authenticate = makeAuthenticate(settings, registry, {
    nowMs: timeline.now,
    endpoints: new Map(
      ['/mcp', '/other'].map((path) => [
        path,
        {
          issuers: narrowed?.get(path),
          challenge: (error) => ({ 'www-authenticate': error === undefined ? 'Bearer' : `Bearer error="${error}"` }),
        },
      ]),
    ),
    onValidated: (issuer, reason) => validated.push([issuer, reason]),
  });
  const send = async (token: string, request: Partial<Received> = {}): Promise<Authenticated> =>
    authenticate(makeReceived({ authorization: [`Bearer ${token}`], ...request }));
  return {
    timeline,
    registry,
    events,
    validated,
    authenticate,
    send,
    judge: (token, request) => findReason(() => send(token, request)),
  };
}

/** A stage whose issuers have their keys. */
export async function makeReadyStage(options: StageOptions): Promise<IdentityStage> {
  const stage = makeStage(options);
  await stage.registry.ready();
  return stage;
}

export function makeEndpoint(changes: Partial<Endpoint> = {}): Endpoint {
  return { path: '/mcp', resource: RESOURCE, methods: new Set(), ...changes };
}

export function makeReceived(changes: Partial<Received> = {}): Received {
  return {
    endpoint: makeEndpoint(),
    headers: {
      version: undefined,
      method: undefined,
      name: undefined,
      params: [],
      traceparent: undefined,
      tracestate: undefined,
    },
    authorization: [],
    query: '',
    address: '127.0.0.1',
    readBody: () => Promise.reject(new Error('authentication has no business with the body')),
    ...changes,
  };
}

/** Why this is refused: the reason, with kind and status in front when that is not 401 `token_invalid`. */
export async function findReason(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'ok';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { kind, row, detail } = error;
    return kind === 'token_invalid' ? `${detail.reason}` : `${row.status} ${kind} ${detail.reason}`;
  }
}
