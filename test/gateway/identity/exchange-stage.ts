// A credential by exchange, with a token endpoint on a real port and a clock the test moves.
import { after } from 'node:test';
import type { Principal } from '../../../gateway/exchange.ts';
import type { ExchangeClientDeps, ExchangeClientSettings } from '../../../gateway/identity/exchange-client.ts';
import { findIssuerEndpoint } from '../../../gateway/identity/find-issuer-endpoint.ts';
import { type ExchangeEvent, makeExchangeCredential } from '../../../gateway/identity/token-exchange.ts';
import { CLIENT, type FakeTokenEndpoint, startFakeTokenEndpoint } from '../../support/fake-token-endpoint.ts';
import { makePrincipal } from '../policy/make-rules.ts';
import { type FakeTimeline, makeFakeTimeline } from '../upstream/fake-timeline.ts';
import { makeRouted } from '../upstream/make-routed.ts';
import { findReason, NOW_S } from './identity-stage.ts';

export const WEATHER = 'https://weather.internal/mcp';
export const TIMEOUT_MS = 5_000;

export interface ExchangeStage {
  readonly server: FakeTokenEndpoint;
  readonly timeline: FakeTimeline;
  readonly events: readonly ExchangeEvent[];
  readonly settings: ExchangeClientSettings;
  /** Puts time where no timer runs. */
  setClock(ms: number): void;
  /** The raw outcome for a caller with this token. */
  run(bearer: string | undefined, principal?: Principal): readonly string[] | Promise<readonly string[]>;
  /** The token that goes upstream. */
  exchange(bearer: string | undefined, principal?: Principal): Promise<string>;
  /** `ok`, or the reason of the refusal. */
  judge(bearer: string | undefined, principal?: Principal): Promise<string>;
  /** A caller of this issuer, with a token valid for an hour unless told otherwise. */
  makeCaller(subject: string, validForMs?: number): Principal;
}

export async function makeExchangeStage(
  changes: (server: FakeTokenEndpoint) => Partial<ExchangeClientSettings> = () => ({}),
  deps: Partial<ExchangeClientDeps> = {},
): Promise<ExchangeStage> {
  const server = await startFakeTokenEndpoint();
  after(() => server.close());
  const timeline = makeFakeTimeline(NOW_S * 1000);
  const events: ExchangeEvent[] = [];
  let offsetMs = 0;
  const settings: ExchangeClientSettings = {
    ...CLIENT,
    issuer: server.issuer,
    tokenEndpoint: server.tokenEndpoint,
    resource: WEATHER,
    audience: undefined,
    scopes: [],
    timeoutMs: TIMEOUT_MS,
    ...changes(server),
  };
  const { startTimer } = timeline;
  const discovery = { fetch, startTimer, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal };
  const credential = makeExchangeCredential(settings, {
    nowMs: () => timeline.now() + offsetMs,
    fetch,
    startTimer,
    findTokenEndpoint: (issuer) => findIssuerEndpoint(issuer, 'token_endpoint', discovery),
    onEvent: (event) => events.push(event),
    ...deps,
  });
  const makeCaller = (subject: string, validForMs = 3_600_000): Principal => ({
    ...makePrincipal({ subject, issuer: settings.issuer }),
    validUntilMs: NOW_S * 1000 + validForMs,
  });
  const run = (bearer: string | undefined, principal = makeCaller('ada')) =>
    credential(makeRouted({ bearer, principal }));
  return {
    server,
    timeline,
    events,
    settings,
    setClock(ms) {
      offsetMs = ms - timeline.now();
    },
    run,
    async exchange(bearer, principal) {
      const [name, value = ''] = await run(bearer, principal);
      if (name !== 'authorization' || !value.startsWith('Bearer ')) throw new Error(`${name}: ${value}`);
      return value.slice('Bearer '.length);
    },
    judge: (bearer, principal) => findReason(async () => run(bearer, principal)),
    makeCaller,
  };
}
