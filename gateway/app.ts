// The composition root: wires clocks, sockets, keys and upstreams into one gateway process, and swaps them on reload.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { composeServing } from './compose.ts';
import { type Credentials, makeCredentials, toAssertionJwks } from './compose-credentials.ts';
import {
  type Gauged,
  makeKnownNames,
  readCertificates,
  toChecks,
  toLoadedKey,
  toMetricSources,
  watchTasks,
} from './compose-metrics.ts';
import { makeCounters, waitForCounters } from './compose-quota.ts';
import { endTrace, makeNote, openAudit, startTracing } from './compose-telemetry.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Check } from './edge/admin-app.ts';
import { LiveExchanges } from './edge/live-exchanges.ts';
import { type McpServing, makeMcpServer, toPort } from './edge/mcp-server.ts';
import { Overload } from './edge/overload.ts';
import { makeRequestIds } from './edge/request-ids.ts';
import { type IssuerRegistry, makeIssuerRegistry } from './identity/issuer-registry.ts';
import type { ExchangeEvent } from './identity/token-exchange.ts';
import { toAuditEntry, toRawAuditEntry } from './observe/audit/to-audit-entry.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import type { Tracing } from './observe/traces/tracing.ts';
import type { StoreEvent } from './quota/store-breaker.ts';
import { makeEphemeralKey } from './sealing/sealing-key.ts';
import { makeSeals } from './sealing/seals.ts';
import type { CatalogSettings } from './upstream/catalog.ts';
import { makeCatalogs } from './upstream/catalogs.ts';
import { startTimer } from './upstream/start-timer.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamEvent } from './upstream/upstream-event.ts';
import { makeFleet, retire } from './upstream/upstream-fleet.ts';
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
  /** Opens the audit file anew, after another program has moved it away. */
  reopenAudit(): void;
  /** Leaves rotation, finishes what is open within the grace period, closes everything. @returns how many exchanges were cut */
  drain(): Promise<number>;
}

const nowMs = (): number => performance.now();
const verifiedFetch = makeVerifiedFetch();

/** A request that began under an old configuration has surely picked its instance after this long. */
const RETIRE_AFTER_MS = 60_000;
const EPHEMERAL_WORDS =
  'no sealing keys are configured: this process made one for itself, and state it seals is lost when it ends (tollgate keys new)';
/** How often it is looked whether keys have come. */
const KEYS_POLL_MS = 100;

interface Active extends Gauged {
  readonly credentials: Credentials;
  readonly serving: McpServing;
}

/**
 * Builds a gateway from a checked configuration; nothing listens and nothing is connected yet.
 *
 * @param worker which of the processes that share the port this is, from 1
 * @throws Error when the audit file cannot be opened
 */
export function makeApp(first: GatewayConfig, log: Log, worker = 1): App {
  const live = new LiveExchanges();
  let tracing: Tracing | undefined;
  const audit = openAudit(first, worker, {
    onWritten: (lines) => metrics.countAuditLines('written', lines),
    onDropped: (lines) => metrics.countAuditLines('dropped', lines),
    onFailure: (err) => log.event('error', 'audit trail cannot be written', { err }),
  });

  const mustRecord = first.telemetry.audit?.onFull === 'block';
  /** Good for as long as this process lives, across reloads. */
  const ephemeralKey = makeEphemeralKey(randomBytes);
  const overload = new Overload(() => active.config.limits, nowMs);
  let isListening = false;
  let isWarm = false;
  let isStopped = false;
  let isStoreOpen = false;
  let active: Active;

  const known = makeKnownNames(() => active);
  const metrics = new Metrics({
    ...toMetricSources(live, () => active),
    quotaStoreOpen: () => isStoreOpen,
    isKnownTool: known.isKnownTool,
  });
  log.countLeftOut((lines) => metrics.countSuppressedLines(lines));

  function onUpstreamEvent(event: UpstreamEvent): void {
    if (event.kind === 'ejected') metrics.countEjection(event.upstream, event.instance ?? '');
    if (event.kind === 'dns_failed') metrics.countDnsFailure(event.upstream);
    log.event('warn', 'upstream changed', event);
  }

  function onExchange(event: ExchangeEvent): void {
    log.event(event.kind === 'token_exchanged' ? 'debug' : 'warn', 'token exchange', event);
  }

  function onStoreEvent(event: StoreEvent): void {
    isStoreOpen = event.kind === 'store_open' || (isStoreOpen && event.kind !== 'store_recovered');
    if (event.kind !== 'store_recovered') metrics.countQuotaStoreFailure(event.reason);
    log.pino[event.kind === 'store_recovered' ? 'info' : 'error'](event, 'quota store');
  }

  function build(config: GatewayConfig, previous?: Active): Active {
    const settings = [...config.upstreams.values()].map(
      ({ credential: _c, resource: _r, paramHeaders: _p, ...upstream }) => upstream,
    );
    const fleet = makeFleet(settings, { now: nowMs, random: Math.random, onEvent: onUpstreamEvent }, previous?.fleet);
    const registry = makeIssuerRegistry(
      config.identity,
      {
        nowMs: Date.now,
        random: Math.random,
        fetch: verifiedFetch,
        startTimer,
        onEvent: (event) => log.event(event.kind === 'keys_fetched' ? 'debug' : 'warn', 'issuer keys', event),
      },
      previous?.registry,
    );
    const credentials = makeCredentials(config, { fetch: verifiedFetch, onExchange }, previous?.credentials);
    const { provers } = credentials;
    const catalogs = makeCatalogs(
      fleet.upstreams.map((upstream) => toCatalogSettings(upstream, config, provers)),
      {
        now: nowMs,
        random: Math.random,
        onInvalidTool: (upstream, tool, why) =>
          log.event('warn', 'tool with invalid annotations', { upstream, tool, why }),
      },
      previous?.catalogs,
    );
    const counters = makeCounters(config.quotas, onStoreEvent, previous?.counters);
    const keys = config.sealing.keys.length > 0 ? config.sealing.keys : [ephemeralKey];
    const seals = makeSeals(keys, { nowMs: Date.now, randomBytes });
    const note = makeNote(config, () => tracing);
    const shared = { fleet, catalogs, registry, credentials: provers, counters, seals, metrics, log, note };
    const sealingKey = toLoadedKey(keys, Date.now(), previous?.sealingKey);
    const certificates = readCertificates(config);
    const serving = composeServing(config, shared);
    return { config, fleet, registry, credentials, catalogs, counters, certificates, sealingKey, serving };
  }

  active = build(first);
  const server = makeMcpServer({
    limits: first.limits,
    tls: first.listen.tls,
    live,
    overload,
    nowMs,
    epochMs: Date.now,
    makeRequestId: makeRequestIds(randomBytes(8)),
    serving: () => active.serving,
    whenRecordable: () => (mustRecord && audit?.isFull === true ? audit.whenReady() : undefined),
    onEnd(record) {
      const now = nowMs();
      endTrace(tracing, record);
      metrics.countRequest(record, now);
      log.request(record, now - record.startedMs);
      audit?.write(toAuditEntry(record, now - record.startedMs));
    },
    onRawRefusal(refusal) {
      metrics.countRefusal(refusal);
      log.rawRefusal(refusal);
      audit?.write(toRawAuditEntry(refusal));
    },
  });

  return {
    metrics,
    async listen() {
      if (first.sealing.keys.length === 0) log.pino.info(EPHEMERAL_WORDS);
      tracing = await startTracing(first, {
        ...known,
        onExport: (outcome, spans) => metrics.countSpans(outcome, spans),
      });
      await Promise.all([active.fleet.ready(), active.registry.ready(), waitForCounters(active.counters)]);
      watchTasks(active);
      void active.catalogs.start();
      if (first.identity.keys.atStart === 'fail') requireKeys(active.registry);
      while (!isStopped && findKeyless(active.registry).length > 0) {
        await new Promise((resolve) => setTimeout(resolve, KEYS_POLL_MS));
      }
      if (isStopped) return undefined;
      isWarm = true;
      overload.start();
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
      ...toChecks(active),
    ],
    assertionKeys: () => toAssertionJwks(active.config),
    async apply(next) {
      const old = active;
      const built = build(next, old);
      await Promise.all([built.fleet.ready(), built.registry.ready(), waitForCounters(built.counters)]);
      void built.catalogs.start();
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
      watchTasks(active);
      if (built.counters !== old.counters) startTimer(RETIRE_AFTER_MS, () => old.counters.store.close());
      log.setLevel(next.telemetry.log.level);
      old.registry.close();
      void retire(old.fleet, built.fleet, RETIRE_AFTER_MS);
    },
    reopenAudit() {
      void audit?.reopen();
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
      overload.close();
      active.registry.close();
      await active.fleet.close(1000);
      active.counters.store.close();
      await Promise.all([audit?.close(), tracing?.close()]);
      return cut;
    },
  };
}

function toCatalogSettings(
  upstream: Upstream,
  { upstreams }: GatewayConfig,
  provers: Credentials['provers'],
): CatalogSettings {
  const { credential, paramHeaders = 'check' } = upstreams.get(upstream.name) ?? {};
  const needsCaller = credential !== undefined && credential.kind !== 'bearer' && credential.kind !== 'header';
  return { upstream, credential: provers.get(upstream.name), needsCaller, paramHeaders };
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
