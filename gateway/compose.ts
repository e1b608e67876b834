// Makes everything a request needs out of one configuration: rules of the wire, endpoints, metadata documents and stages.
import type { EndpointConfig, GatewayConfig } from './config/gateway-config.ts';
import type { McpServing } from './edge/mcp-server.ts';
import { toIssuerDocuments } from './edge/metadata-passage.ts';
import type { Endpoint } from './exchange.ts';
import { makeAuthenticate } from './identity/authenticate.ts';
import { type Challenges, makeChallenges } from './identity/challenge.ts';
import type { IssuerRegistry } from './identity/issuer-registry.ts';
import { makeResourceMetadata, toMetadataUrl } from './identity/resource-metadata.ts';
import { openEnvelope } from './mcp/envelope.ts';
import { toServedMethods } from './mcp/methods.ts';
import type { Log } from './observe/log.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Stages } from './pipeline.ts';
import { makeAuthorize } from './policy/authorize.ts';
import { collectScopes } from './policy/collect-scopes.ts';
import { admit, release } from './quota/admit.ts';
import { makeAnswerRelay } from './response/answer-relay.ts';
import { open } from './sealing/open.ts';
import type { Credential } from './upstream/credential.ts';
import { makeForward } from './upstream/forward.ts';
import { makeRoute } from './upstream/route.ts';
import type { Fleet } from './upstream/upstream-fleet.ts';

/** What outlives a configuration, or is shared between two. */
export interface Shared {
  readonly fleet: Fleet;
  readonly registry: IssuerRegistry;
  /** By upstream. */
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Pure but for what it is given: nothing listens, nothing is fetched. */
export function composeServing(config: GatewayConfig, shared: Shared): McpServing {
  const scopes = mapValues(config.endpoints, ({ access, extensions }) =>
    collectScopes(access ?? [], extensions.values()),
  );
  const issuers = config.identity.issuers.map(({ issuer }) => issuer);
  const challenges = mapValues(config.endpoints, ({ path }) =>
    makeChallenges({ resourceMetadataUrl: toMetadataUrl(config.publicUrl, path), scopes: scopes.get(path) ?? [] }),
  );
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
        scopes: scopes.get(path) ?? [],
      })),
    ),
    passage: toPassage(config),
    stages: composeStages(config, shared, challenges),
  };
}

function toPassage({ identity, endpoints }: GatewayConfig): McpServing['passage'] {
  const issuer = identity.metadataPassage ? identity.issuers[0]?.issuer : undefined;
  const documents = issuer === undefined ? new Map<string, URL>() : toIssuerDocuments(issuer, [...endpoints.keys()]);
  return { documents, timeoutMs: identity.keys.timeoutMs };
}

function composeStages(
  config: GatewayConfig,
  { fleet, registry, credentials, metrics, log }: Shared,
  challenges: ReadonlyMap<string, Challenges>,
): Stages {
  const challengesOf = (path: string): Challenges => challenges.get(path) as Challenges;
  return {
    authenticate: makeAuthenticate(config.identity, registry, {
      nowMs: Date.now,
      endpoints: mapValues(config.endpoints, ({ path, issuers }) => ({
        issuers,
        challenge: (error) => (error === undefined ? challengesOf(path).absent() : challengesOf(path).invalid(error)),
      })),
      onValidated: (issuer, reason) => metrics.countValidation(issuer, reason),
    }),
    openEnvelope(request, body) {
      const envelope = openEnvelope(body, request.headers, request.endpoint.methods);
      return envelope && { ...request, body, envelope };
    },
    authorize: makeAuthorize({
      endpoints: mapValues(config.endpoints, ({ path, access, onDeny, extensions }) => ({
        rules: access,
        onDeny,
        extensions,
        challenge: (needed) => challengesOf(path).insufficient(needed),
        challengeAbsent: (needed) => challengesOf(path).required(needed),
      })),
      onDecision: (rule, decision) => metrics.countDecision(rule, decision),
    }),
    admit,
    open,
    route: makeRoute(mapValues(config.endpoints, ({ routes }) => routes)),
    forward: makeForward({
      findUpstream: (name) => fleet.find(name),
      credentialOf: (name) => credentials.get(name),
      epochMs: Date.now,
      makeRelay: makeAnswerRelay,
      onFailedAttempt(upstream, instance, fault, retried) {
        metrics.countFailedAttempt(upstream, instance.label, fault, retried);
        log.failedAttempt(upstream, instance.label, fault, retried);
      },
    }),
    release,
  };
}

function toEndpoint({ path, resource, extensions }: EndpointConfig): Endpoint {
  return { path, resource, methods: toServedMethods([...extensions.keys()]) };
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, make: (value: V) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([key, value]) => [key, make(value)]));
}
