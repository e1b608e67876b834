// Chooses the upstream of a request by its mirrored headers, which agree with its body by now.
import type { Opened, Routed } from '../exchange.ts';
import { decodeFieldValue } from '../mcp/header-value.ts';
import { foldParamKey } from '../mcp/mirrored-headers.ts';
import { compileNamePattern, matchesAny, type NamePattern } from '../mcp/name-pattern.ts';
import { refuse } from '../refusal.ts';

/** One entry of `routes`; empty parts match everything. */
export interface RouteSettings {
  readonly methods: readonly string[];
  readonly names: readonly string[];
  /** Lower-case name behind `Mcp-Param-` to glob. */
  readonly params: ReadonlyMap<string, string>;
  readonly upstream: string;
}

interface CompiledRoute {
  readonly methods: readonly NamePattern[];
  readonly names: readonly NamePattern[];
  readonly params: readonly (readonly [key: string, pattern: NamePattern])[];
  readonly upstream: string;
}

/**
 * Makes the stage that routes. The first route that matches wins.
 *
 * @param endpoints routes by endpoint path
 * @throws Refusal unknown_name when no route matches
 */
export function makeRoute(endpoints: ReadonlyMap<string, readonly RouteSettings[]>): (request: Opened) => Routed {
  const compiled = new Map([...endpoints].map(([path, routes]) => [path, routes.map(compileRoute)]));
  return (request) => {
    for (const route of compiled.get(request.endpoint.path) ?? []) {
      if (matches(route, request)) return { ...request, upstream: route.upstream };
    }
    return refuse('unknown_name', { reason: 'no_route' });
  };
}

function compileRoute(settings: RouteSettings): CompiledRoute {
  return {
    methods: settings.methods.map(compileNamePattern),
    names: settings.names.map(compileNamePattern),
    params: [...settings.params].map(([key, glob]) => [foldParamKey(key), compileNamePattern(glob)] as const),
    upstream: settings.upstream,
  };
}

function matches(route: CompiledRoute, request: Opened): boolean {
  const { method, name } = request.envelope;
  if (!matchesAny(route.methods, method.name)) return false;
  if (route.names.length > 0 && (name === undefined || !matchesAny(route.names, name))) return false;
  // Only calls of tools have arguments that are mirrored.
  if (route.params.length > 0 && method.name !== 'tools/call') return false;
  for (const [key, pattern] of route.params) {
    const param = request.headers.params.find((field) => foldParamKey(field.key) === key);
    const value = param === undefined ? undefined : decodeFieldValue(param.value);
    if (value === undefined || !pattern(value)) return false;
  }
  return true;
}
