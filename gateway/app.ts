// The composition root: wires clocks, sockets, keys and upstreams into one gateway process, and swaps them on reload.
import type { FastifyInstance } from 'fastify';
import { composeServing } from './compose.ts';
import { type Credentials, makeCredentials, toAssertionJwks } from './compose-credentials.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Check } from './edge/admin-app.ts';
import { LiveExchanges } from './edge/live-exchanges.ts';
import { type McpServing, makeMcpServer, toPort } from './edge/mcp-server.ts';
import { type IssuerRegistry, makeIssuerRegistry } from './identity/issuer-registry.ts';
import type { ExchangeEvent } from './identity/token-exchange.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { startTimer } from './upstream/start-timer.ts';
import type { UpstreamEvent } from './upstream/upstream-event.ts';
import { type Fleet, makeFleet, retire } from './upstream/upstream-fleet.ts';
import { makeVerifiedFetch } from './upstream/verified-fetch.ts';

export interface App {
  readonly metrics: Metrics;
  /**
   * Opens the MCP listener once every upstream knows its instances and every issuer's keys are there.
   *
   * @returns where it listens; undefined when it was drained before that
   */
  listen(): Promise<{ readonly host: string; readonly port: number } | undefined>;
  /** What readiness looks at. */
  checks(): readonly Check[];
  /** The public keys of the assertions that go upstream, as a JWK set. */
  assertionKeys(): object;
  /**
   * Puts another configuration in force as a whole; requests that have begun keep the one they began with. What needs a
   * restart (`findRestartOnlyChanges`) must not differ. Rejects, with the present one kept, when keys are missing that the
   * configuration insists on.
   */
  apply(next: GatewayConfig): Promise<void>;
  /** Leaves rotation, finishes what is open within the grace period, closes everything. @returns how many exchanges were cut */
  drain(): Promise<number>;
}

const nowMs = (): number => performance.now();
const verifiedFetch = makeVerifiedFetch();

/** A request that began under an old configuration has surely picked its instance after this long. */
const RETIRE_AFTER_MS = 60_000;
/** How often it is looked whether keys have come. */
const KEYS_POLL_MS = 100;

interface Active {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
  readonly registry: IssuerRegistry;
  readonly credentials: Credentials;
  readonly serving: McpServing;
}

/** Builds a gateway from a checked configuration; nothing listens and nothing is connected yet. */
export function makeApp(first: GatewayConfig, log: Log): App {
  const live = new LiveExchanges();
  let isListening = false;
  let isWarm = false;
  let isStopped = false;
  let active: Active;

  const metrics = new Metrics({
    inFlight: () => live.size,
    configDigest: () => active.config.digest,
    instances: () => active.fleet.upstreams.flatMap(toInstanceViews),
  });

  function onUpstreamEvent(event: UpstreamEvent): void {
    if (event.kind === 'ejected') metrics.countEjection(event.upstream, event.instance ?? '');
    if (event.kind === 'dns_failed') metrics.countDnsFailure(event.upstream);
    log.pino.warn(event, 'upstream changed');
  }

  function onExchange(event: ExchangeEvent): void {
    log.pino[event.kind === 'token_exchanged' ? 'debug' : 'warn'](event, 'token exchange');
  }

  function build(config: GatewayConfig, previous?: Active): Active {
    const settings = [...config.upstreams.values()].map(({ credential: _c, resource: _r, ...upstream }) => upstream);
    const fleet = makeFleet(settings, { now: nowMs, random: Math.random, onEvent: onUpstreamEvent }, previous?.fleet);
    const registry = makeIssuerRegistry(
      config.identity,
      {
        nowMs: Date.now,
        random: Math.random,
        fetch: verifiedFetch,
        startTimer,
        onEvent: (event) => log.pino[event.kind === 'keys_fetched' ? 'debug' : 'warn'](event, 'issuer keys'),
      },
      previous?.registry,
    );
    const credentials = makeCredentials(config, { fetch: verifiedFetch, onExchange }, previous?.credentials);
    return {
      config,
      fleet,
      registry,
      credentials,
      serving: composeServing(config, { fleet, registry, credentials: credentials.provers, metrics, log }),
    };
  }

  active = build(first);
  const server = makeMcpServer({
    limits: first.limits,
    tls: first.listen.tls,
    live,
    nowMs,
    serving: () => active.serving,
    onEnd(record) {
      const now = nowMs();
      metrics.countRequest(record, now);
      log.request(record, now - record.startedMs);
    },
    onRawRefusal(refusal) {
      metrics.countRefusal(refusal);
      log.rawRefusal(refusal);
    },
  });

  return {
    metrics,
    async listen() {
      await Promise.all([active.fleet.ready(), active.registry.ready()]);
      if (first.identity.keys.atStart === 'fail') requireKeys(active.registry);
      while (!isStopped && findKeyless(active.registry).length > 0) {
        await new Promise((resolve) => setTimeout(resolve, KEYS_POLL_MS));
      }
      if (isStopped) return undefined;
      isWarm = true;
      const { host, port } = first.listen;
      await server.listen({ host, port });
      isListening = true;
      return { host, port: toPort(server.server) };
    },
    checks: () => [
      { name: 'listening', ok: isListening, decides: true },
      { name: 'not draining', ok: !live.isDraining && !isStopped, decides: true },
      { name: 'key sets warm', ok: isWarm, decides: true },
      { name: 'configuration', ok: true, decides: true, detail: active.config.digest },
      ...active.registry.issuers.map(toIssuerCheck),
      ...active.fleet.upstreams.map(toUpstreamCheck),
    ],
    assertionKeys: () => toAssertionJwks(active.config),
    async apply(next) {
      const old = active;
      const built = build(next, old);
      await Promise.all([built.fleet.ready(), built.registry.ready()]);
      if (next.identity.keys.atStart === 'fail') {
        try {
          requireKeys(built.registry);
        } catch (error) {
          built.registry.close();
          void retire(built.fleet, old.fleet, 0);
          throw error;
        }
      }
      active = built;
      log.setLevel(next.telemetry.log.level);
      old.registry.close();
      void retire(old.fleet, built.fleet, RETIRE_AFTER_MS);
    },
    async drain() {
      isStopped = true;
      const { graceMs, noticeMs } = active.config.drain;
      if (noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
      // Stops accepting and closes idle connections; Fastify's own close would wait for open streams.
      server.server.close();
      const cut = await live.drain(graceMs);
      isListening = false;
      await closeServer(server);
      active.registry.close();
      await active.fleet.close(1000);
      return cut;
    },
  };
}

async function closeServer(server: FastifyInstance): Promise<void> {
  server.server.closeAllConnections();
  await server.close();
}

function findKeyless(registry: IssuerRegistry): readonly string[] {
  return registry.issuers.filter(({ hasKeys }) => !hasKeys).map(({ issuer }) => issuer);
}

function requireKeys(registry: IssuerRegistry): void {
  const keyless = findKeyless(registry);
  if (keyless.length > 0)
    throw new Error(`no keys could be fetched of ${keyless.join(', ')} (identity.keys.atStart: fail)`);
}

function toIssuerCheck({ issuer, hasKeys, stale }: IssuerRegistry['issuers'][number]): Check {
  const detail = hasKeys ? (stale ? 'last good keys, refresh fails' : 'keys') : 'no keys';
  return { name: `issuer ${issuer}`, ok: hasKeys && !stale, decides: false, detail };
}

function toInstanceViews({ name, instances }: Fleet['upstreams'][number]) {
  return instances.map(({ label, state, inFlight }) => ({
    upstream: name,
    instance: label,
    healthy: state === 'healthy',
    inFlight,
  }));
}

function toUpstreamCheck({ name, instances, hasInstances }: Fleet['upstreams'][number]): Check {
  const healthy = instances.filter(({ state }) => state === 'healthy').length;
  const detail = `${healthy} of ${instances.length} instances healthy`;
  return { name: `upstream ${name}`, ok: hasInstances, decides: false, detail };
}
