// Makes the checked form of one endpoint: routes filled in, resource and extensions resolved.
import type { EndpointConfig, RouteConfig } from './gateway-config.ts';
import type { Checked } from './shape/gateway.ts';

type CheckedEndpoint = Checked['endpoints'] extends Map<string, infer E> ? E : never;
type CheckedRoute = NonNullable<CheckedEndpoint['routes']>[number];

export interface Surroundings {
  readonly publicUrl: string;
  /** Extension ids that every endpoint has. */
  readonly extensions: Iterable<string>;
}

/** Takes an endpoint that fits the shape; its own extensions are added to those of the surroundings. */
export function compileEndpoint(path: string, raw: CheckedEndpoint, around: Surroundings): EndpointConfig {
  return {
    path,
    resource: raw.resource ?? `${around.publicUrl}${path}`,
    routes: raw.routes?.map(compileRoute) ?? [compileRoute({ upstream: raw.upstream ?? '' })],
    extensions: [...new Set([...around.extensions, ...(raw.extensions?.keys() ?? [])])],
  };
}

function compileRoute({ match, upstream }: Pick<CheckedRoute, 'upstream'> & Partial<CheckedRoute>): RouteConfig {
  const params = [...(match?.params ?? [])].map(([name, glob]) => [name.toLowerCase(), glob] as const);
  return { methods: match?.methods ?? [], names: match?.names ?? [], params: new Map(params), upstream };
}
