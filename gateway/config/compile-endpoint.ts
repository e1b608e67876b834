// Makes the checked form of one endpoint: routes filled in, resource, rules and extensions resolved.
import { compileGrant } from './compile-grant.ts';
import type { AccessRule, EndpointConfig, MetaConfig, RouteConfig } from './endpoint-config.ts';
import { getResource } from './get-resource.ts';
import type { Grant } from './grant-config.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedEndpoint = Checked['endpoints'] extends Map<string, infer E> ? E : never;
type CheckedRoute = NonNullable<CheckedEndpoint['routes']>[number];

export interface Surroundings {
  readonly publicUrl: string;
  /** Extensions of all endpoints. */
  readonly extensions: Checked['extensions'];
  /** What counts for endpoints without `meta` of their own. */
  readonly meta: Checked['meta'];
  /** The rules of this endpoint's access files. */
  readonly rules: readonly AccessRule[] | undefined;
}

const NO_META: MetaConfig = { allow: [], mode: 'remove' };

/** Takes an endpoint that fits the shape; its own extensions are added to those of the surroundings, or replace them. */
export function compileEndpoint(path: string, raw: CheckedEndpoint, around: Surroundings): EndpointConfig {
  return {
    path,
    resource: getResource(path, raw.resource, around.publicUrl),
    routes: raw.routes?.map(compileRoute) ?? [compileRoute({ upstream: raw.upstream ?? '' })],
    issuers: raw.issuers && [...new Set(raw.issuers)],
    // An endpoint that names files must never stand open for want of them.
    access: raw.access && (around.rules ?? []),
    onDeny: raw.onDeny,
    extensions: new Map([...toGrants(around.extensions), ...toGrants(raw.extensions)]),
    meta: raw.meta ?? around.meta ?? NO_META,
  };
}

function toGrants(extensions: Checked['extensions']): [string, Grant][] {
  return [...(extensions ?? [])].map(([id, { to }]) => [id, compileGrant(to)]);
}

function compileRoute({ match, upstream }: Pick<CheckedRoute, 'upstream'> & Partial<CheckedRoute>): RouteConfig {
  const params = [...(match?.params ?? [])].map(([name, glob]) => [name.toLowerCase(), glob] as const);
  return { methods: match?.methods ?? [], names: match?.names ?? [], params: new Map(params), upstream };
}
