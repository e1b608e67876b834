// One endpoint, checked: its resource, routes and policy.
import type { Grant } from './grant-config.ts';

export interface EndpointConfig {
  readonly path: string;
  /** The resource identifier that tokens must carry. */
  readonly resource: string;
  /** In order; the first that matches wins. */
  readonly routes: readonly RouteConfig[];
  /** Exact `iss` values whose tokens count here; undefined: all of `identity.issuers`. */
  readonly issuers: readonly string[] | undefined;
  /** What no rule allows is denied. Undefined: the gate is open, which only `identity.anonymous` permits. */
  readonly access: readonly AccessRule[] | undefined;
  readonly onDeny: 'challenge' | 'hide';
  /** Extension id -> those clients of this endpoint for whom it exists. */
  readonly extensions: ReadonlyMap<string, Grant>;
  readonly meta: MetaConfig;
}

/** An empty list or map matches everything. */
export interface RouteConfig {
  readonly methods: readonly string[];
  readonly names: readonly string[];
  /** Lower-cased header name without `mcp-param-` -> glob. */
  readonly params: ReadonlyMap<string, string>;
  readonly upstream: string;
}

/** One rule of an access file. An empty list of globs covers nothing of its kind; never are all three empty. */
export interface AccessRule {
  /** Unique within its endpoint. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** `shadow`: what it would change is told and never done. */
  readonly mode: 'enforce' | 'shadow';
  /** Globs of names: `*` matches anything. */
  readonly tools: readonly string[];
  readonly prompts: readonly string[];
  /** Globs of URIs: `*` matches within a segment, `**` across. */
  readonly resources: readonly string[];
  /** Undefined: everyone, which only a deny may leave unsaid. */
  readonly to: Grant | undefined;
  /** CEL that compiles; undefined: always. */
  readonly when: string | undefined;
}

/** What becomes of keys of a request's `_meta` that are not the protocol's own. */
export interface MetaConfig {
  /** Keys let through, or globs of them. */
  readonly allow: readonly string[];
  /** All others are taken out, or the request is refused. */
  readonly mode: 'remove' | 'strict';
}
