// The composition root: wires clocks, sockets and stages into one gateway process, and swaps them on reload.
import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Check } from './edge/admin-app.ts';
import { LiveExchanges } from './edge/live-exchanges.ts';
import type { Serving } from './edge/mcp-route.ts';
import { makeMcpServer, toPort } from './edge/mcp-server.ts';
import type { Endpoint } from './exchange.ts';
import { makeAuthenticate } from './identity/authenticate.ts';
import { openEnvelope } from './mcp/envelope.ts';
import { toServedMethods } from './mcp/methods.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import type { Stages } from './pipeline.ts';
import { makeAuthorize } from './policy/authorize.ts';
import { admit, release } from './quota/admit.ts';
import { makeAnswerRelay } from './response/answer-relay.ts';
import { open } from './sealing/open.ts';
import { makeForward } from './upstream/forward.ts';
import { makeRoute } from './upstream/route.ts';
import type { UpstreamEvent } from './upstream/upstream-event.ts';
import { type Fleet, makeFleet, retire } from './upstream/upstream-fleet.ts';

export interface App {
  readonly metrics: Metrics;
  /** Opens the MCP listener once every upstream knows its instances. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** What readiness looks at. */
  checks(): readonly Check[];
  /**
   * Puts another configuration in force as a whole; requests that have begun keep the one they began with. What needs a
   * restart (`findRestartOnlyChanges`) must not differ.
   */
  apply(next: GatewayConfig): Promise<void>;
  /** Leaves rotation, finishes what is open within the grace period, closes everything. @returns how many exchanges were cut */
  drain(): Promise<number>;
}

const nowMs = (): number => performance.now();

/** A request that began under an old configuration has surely picked its instance after this long. */
const RETIRE_AFTER_MS = 60_000;

interface Active {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
  readonly serving: Serving;
}

/** Builds a gateway from a checked configuration; nothing listens and nothing is connected yet. */
export function makeApp(first: GatewayConfig, log: Log): App {
  const live = new LiveExchanges();
  let isListening = false;
  let active: Active;

  const metrics = new Metrics({
    inFlight: () => live.size,
    configDigest: () => active.config.digest,
    instances: () =>
      active.fleet.upstreams.flatMap(({ name, instances }) =>
        instances.map(({ label, state, inFlight }) => ({
          upstream: name,
          instance: label,
          healthy: state === 'healthy',
          inFlight,
        })),
      ),
  });

  function onUpstreamEvent(event: UpstreamEvent): void {
    if (event.kind === 'ejected') metrics.countEjection(event.upstream, event.instance ?? '');
    if (event.kind === 'dns_failed') metrics.countDnsFailure(event.upstream);
    log.pino.warn(event, 'upstream changed');
  }

  function build(config: GatewayConfig, previous?: Fleet): Active {
    const settings = [...config.upstreams.values()];
    const fleet = makeFleet(settings, { now: nowMs, random: Math.random, onEvent: onUpstreamEvent }, previous);
    return {
      config,
      fleet,
      serving: { rules: toRules(config), endpoints: toEndpoints(config), stages: toStages(config, fleet) },
    };
  }

  function toStages(config: GatewayConfig, fleet: Fleet): Stages {
    return {
      authenticate: makeAuthenticate(config.identity),
      openEnvelope(request, body) {
        const envelope = openEnvelope(body, request.headers, request.endpoint.methods);
        return envelope && { ...request, body, envelope };
      },
      authorize: makeAuthorize(config.identity),
      admit,
      open,
      route: makeRoute(new Map([...config.endpoints].map(([path, { routes }]) => [path, routes]))),
      forward: makeForward({
        findUpstream: (name) => fleet.find(name),
        epochMs: Date.now,
        makeRelay: makeAnswerRelay,
        onFailedAttempt: (upstream, instance, fault, retried) => {
          metrics.countFailedAttempt(upstream, instance.label, fault, retried);
          log.failedAttempt(upstream, instance.label, fault, retried);
        },
      }),
      release,
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
      await active.fleet.ready();
      const { host, port } = first.listen;
      await server.listen({ host, port });
      isListening = true;
      return { host, port: toPort(server.server) };
    },
    checks: () => [
      { name: 'listening', ok: isListening, decides: true },
      { name: 'not draining', ok: !live.isDraining && isListening, decides: true },
      { name: 'configuration', ok: true, decides: true, detail: active.config.digest },
      ...active.fleet.upstreams.map(toUpstreamCheck),
    ],
    async apply(next) {
      const old = active;
      const built = build(next, old.fleet);
      await built.fleet.ready();
      active = built;
      void retire(old.fleet, built.fleet, RETIRE_AFTER_MS);
    },
    async drain() {
      isListening = false;
      const { graceMs, noticeMs } = active.config.drain;
      if (noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
      // Stops accepting and closes idle connections; Fastify's own close would wait for open streams.
      server.server.close();
      const cut = await live.drain(graceMs);
      await closeServer(server);
      await active.fleet.close(1000);
      return cut;
    },
  };
}

async function closeServer(server: FastifyInstance): Promise<void> {
  server.server.closeAllConnections();
  await server.close();
}

function toRules(config: GatewayConfig): Serving['rules'] {
  return {
    allowedHosts: config.allowedHosts === 'any' ? 'any' : new Set(config.allowedHosts),
    allowedOrigins: new Set(config.allowedOrigins),
    maxBodyBytes: config.limits.bodyBytes,
  };
}

function toEndpoints(config: GatewayConfig): ReadonlyMap<string, Endpoint> {
  return new Map(
    [...config.endpoints].map(([path, { resource, extensions }]) => [
      path,
      { path, resource, methods: toServedMethods([...extensions.keys()]) },
    ]),
  );
}

function toUpstreamCheck({ name, instances, hasInstances }: Fleet['upstreams'][number]): Check {
  const healthy = instances.filter(({ state }) => state === 'healthy').length;
  return {
    name: `upstream ${name}`,
    ok: hasInstances,
    decides: false,
    detail: `${healthy} of ${instances.length} instances healthy`,
  };
}
