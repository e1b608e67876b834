// Makes everything a request needs out of one configuration: rules of the wire, endpoints, metadata documents and stages.
import { composeAnswers } from './compose-answers.ts';
import { composePolicy, type Policy } from './compose-policy.ts';
import { type Counters, chargeFailures, claimOnce, composeQuota } from './compose-quota.ts';
import { checkStateOrigin, composeSealing } from './compose-sealing.ts';
import type { EndpointConfig } from './config/endpoint-config.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { makeFindClientAddress } from './edge/client-address.ts';
import type { McpServing } from './edge/mcp-server.ts';
import { toIssuerDocuments } from './edge/metadata-passage.ts';
import type { Admitted, Endpoint, Enveloped } from './exchange.ts';
import { makeAuthenticate } from './identity/authenticate.ts';
import type { IssuerRegistry } from './identity/issuer-registry.ts';
import { makeResourceMetadata } from './identity/resource-metadata.ts';
import { NO_EDITS } from './mcp/edits.ts';
import { openEnvelope } from './mcp/envelope.ts';
import { TASKS_EXTENSION, toServedMethods } from './mcp/methods.ts';
import type { Log } from './observe/log.ts';
import { toSpokenName } from './observe/log-name.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Stages } from './pipeline.ts';
import type { ShadowDifference } from './policy/shadow.ts';
import type { Seals } from './sealing/seals.ts';
import type { Catalog } from './upstream/catalog.ts';
import type { Knowledge } from './upstream/catalog-list.ts';
import type { Catalogs } from './upstream/catalogs.ts';
import { makeCheckParams } from './upstream/check-params.ts';
import type { Credential } from './upstream/credential.ts';
import { makeForward } from './upstream/forward.ts';
import { makeCandidates, makeRoute } from './upstream/route.ts';
import type { Fleet } from './upstream/upstream-fleet.ts';

/** What outlives a configuration, or is shared between two. */
export interface Shared {
  readonly fleet: Fleet;
  readonly catalogs: Catalogs;
  readonly registry: IssuerRegistry;
  /** By upstream. */
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly counters: Counters;
  readonly seals: Seals;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Remembers what traces and the audit trail want to know of a request. */
  readonly note: Stages['note'];
}

/** A request of which nothing but its envelope is known. */
const UNCHECKED = {
  params: undefined,
  paramFault: undefined,
  annotations: undefined,
  handles: { opened: 0, isRefused: false },
  edits: NO_EDITS,
} as const;

/** Pure but for what it is given: nothing listens, nothing is fetched. */
export function composeServing(config: GatewayConfig, shared: Shared): McpServing {
  const issuers = config.identity.issuers.map(({ issuer }) => issuer);
  const { policy, stages } = composeStages(config, shared);
  return {
    rules: {
      allowedHosts: config.allowedHosts === 'any' ? 'any' : new Set(config.allowedHosts),
      allowedOrigins: new Set(config.allowedOrigins),
      maxBodyBytes: config.limits.bodyBytes,
    },
    endpoints: mapValues(config.endpoints, toEndpoint),
    metadata: makeResourceMetadata(
      [...config.endpoints.values()].map(({ path, resource, issuers: taken = issuers }) => ({
        path,
        resource,
        issuers: taken,
        scopes: policy.scopes.get(path) ?? [],
      })),
    ),
    passage: toPassage(config),
    findClientAddress: makeFindClientAddress(config.listen.trustedProxies),
    stages,
  };
}

function toPassage({ identity, endpoints }: GatewayConfig): McpServing['passage'] {
  const issuer = identity.metadataPassage ? identity.issuers[0]?.issuer : undefined;
  const documents = issuer === undefined ? new Map<string, URL>() : toIssuerDocuments(issuer, [...endpoints.keys()]);
  return { documents, timeoutMs: identity.keys.timeoutMs };
}

function composeStages(config: GatewayConfig, shared: Shared): { readonly policy: Policy; readonly stages: Stages } {
  const { fleet, catalogs, credentials, counters, seals, metrics, log } = shared;
  const routes = mapValues(config.endpoints, (endpoint) => endpoint.routes);
  const candidatesOf = makeCandidates(routes);
  const quota = composeQuota(config.quotas, counters, (rule, outcome) => metrics.countQuotaAdmission(rule, outcome));
  const policy = composePolicy(config, {
    nowMs: Date.now,
    openTask: (request) => sealing.openTask(request),
    knows: makeKnowsName(catalogs, candidatesOf),
    onDecision: (rule, decision) => metrics.countDecision(rule, decision),
    onShadow(request, difference) {
      metrics.countShadowDifference(difference.rule, difference.would);
      log.event('info', 'shadow difference', toShadowLine(request, difference));
    },
  });
  const viewOf = (request: Admitted) => policy.authorization.viewOf(request);
  const sealing = composeSealing(config, {
    seals,
    claimOnce: (key, ttlMs) => claimOnce(counters.store, key, ttlMs),
    viewOf,
    onOpened: (purpose, outcome) => metrics.countSeal(purpose, 'open', outcome),
  });
  const route = makeRoute(routes);
  return {
    policy,
    stages: {
      authenticate: chargeFailures(composeAuthenticate(config, shared, policy), quota),
      openEnvelope(request, body) {
        const envelope = openEnvelope(body, request.headers, request.endpoint.methods);
        return envelope && { ...request, body, envelope, ...UNCHECKED };
      },
      note: shared.note,
      checkParams: makeCheckParams({
        catalogOf: (name) => catalogs.find(name),
        candidatesOf,
        hides: (path) => config.endpoints.get(path)?.onDeny === 'hide',
      }),
      openHandles: sealing.openHandles,
      authorize: policy.authorization.authorize,
      admit: quota.admit,
      open: (request) => sealing.open(quota.isInline(request) ? withoutTasks(request) : request),
      route(request) {
        const routed = route(request);
        checkStateOrigin(request, routed.upstream);
        return routed;
      },
      forward: makeForward({
        findUpstream: (name) => fleet.find(name),
        credentialOf: (name) => credentials.get(name),
        epochMs: Date.now,
        nowMs: () => performance.now(),
        makeRelay: composeAnswers(config, {
          seals,
          viewOf,
          handlesOf: sealing.handlesOf,
          inspectTool: (upstream, name, tool) => catalogs.find(upstream)?.learnTool(name, tool).valid ?? true,
          isListed: ({ upstream, envelope: { method, name = '' } }) =>
            method.name === 'tools/call'
              ? catalogs.isKnownTool(upstream, name)
              : method.name === 'prompts/get' && catalogs.isKnownPrompt(upstream, name),
          namesOf: (upstream) => catalogs.find(upstream)?.allNames,
          toRateHeaders: quota.toRateHeaders,
          isInline: quota.isInline,
          taskBegan: (request, task) => quota.taskBegan(request, { upstream: request.upstream, ...task }),
          taskEnded: (request, id) => quota.taskEnded(request, { upstream: request.upstream, id }),
          onSealed: (purpose) => metrics.countSeal(purpose, 'seal', 'ok'),
        }),
        onAttempt: (attempt) => metrics.countAttempt(attempt),
        onFailedAttempt(upstream, instance, fault, retried) {
          metrics.countFailedAttempt(upstream, instance.label, fault, retried);
          log.failedAttempt(upstream, instance.label, fault, retried);
        },
      }),
      release: quota.release,
    },
  };
}

function composeAuthenticate(
  config: GatewayConfig,
  { registry, metrics }: Shared,
  { challengesOf }: Policy,
): Stages['authenticate'] {
  return makeAuthenticate(config.identity, registry, {
    nowMs: Date.now,
    endpoints: mapValues(config.endpoints, ({ path, issuers }) => ({
      issuers,
      challenge: (error) => (error === undefined ? challengesOf(path).absent() : challengesOf(path).invalid(error)),
    })),
    onValidated: (issuer, reason) => metrics.countValidation(issuer, reason),
  });
}

function toShadowLine({ endpoint, envelope }: Enveloped, { rule, would }: ShadowDifference): object {
  return { endpoint: endpoint.path, method: envelope.method.name, name: toSpokenName(envelope), rule, would };
}

/** Its caller has tasks enough: the server is told that the client knows none. */
function withoutTasks(request: Admitted): Admitted {
  const declared = request.envelope.extensions.filter(({ name }) => name === TASKS_EXTENSION);
  const edits = declared.map(({ start, end }) => ({ start, end, text: undefined }));
  return { ...request, edits: [...request.edits, ...edits] };
}

/** What does not exist for a caller must not differ from what it may not use; a list that cannot be read tells nothing. */
function makeKnowsName(catalogs: Catalogs, candidatesOf: ReturnType<typeof makeCandidates>) {
  return (request: Enveloped, kind: 'tool' | 'prompt', name: string): boolean | Promise<boolean> => {
    const upstreams = candidatesOf(request.endpoint.path, request.envelope.method.name, name);
    const known = upstreams.map((upstream) => judgeName(catalogs.find(upstream), request, kind, name));
    const judged = known.filter((each) => typeof each === 'string');
    if (judged.length === known.length) return judged.some(mayBe);
    return Promise.all(known.map(async (each) => each)).then((all) => all.some(mayBe));
  };
}

const mayBe = (knowledge: Knowledge): boolean => knowledge !== 'absent';

function judgeName(
  catalog: Catalog | undefined,
  request: Enveloped,
  kind: 'tool' | 'prompt',
  name: string,
): Knowledge | Promise<Knowledge> {
  if (catalog === undefined) return 'unsure';
  return kind === 'tool' ? catalog.knowsTool(name, request) : catalog.knowsPrompt(name, request);
}

function toEndpoint({ path, resource, extensions }: EndpointConfig): Endpoint {
  return { path, resource, methods: toServedMethods([...extensions.keys()]) };
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, make: (value: V) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([key, value]) => [key, make(value)]));
}
