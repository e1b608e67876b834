// Chooses the upstream of a request by what it says of itself: its method, its name, and checked arguments.
import type { Opened, ParamFault, Routed } from '../exchange.ts';
import { refuseDifference } from '../mcp/agree-params.ts';
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

/** By endpoint path. */
type Routes = ReadonlyMap<string, readonly RouteSettings[]>;

interface CompiledRoute {
  readonly methods: readonly NamePattern[];
  readonly names: readonly NamePattern[];
  readonly params: readonly (readonly [key: string, pattern: NamePattern])[];
  readonly upstream: string;
  /** The upstream, alone. */
  readonly candidates: readonly string[];
}

/**
 * Makes the stage that routes. The first route that matches wins; a task goes to the upstream that holds it.
 *
 * @throws Refusal unknown_name when no route matches, or a parameter decides and the tool does not exist; header_mismatch when
 *   headers and arguments were found to differ; upstream_failed when a parameter decides that could not be checked; task_lost when
 *   the endpoint no longer leads to the upstream of a task
 */
export function makeRoute(endpoints: Routes): (request: Opened) => Routed {
  const compiled = compile(endpoints);
  return (request) => {
    const { paramFault } = request;
    if (paramFault !== undefined) checkFault(paramFault);
    const routes = compiled.get(request.endpoint.path) ?? [];
    if (request.task !== undefined) return toHolder(routes, request, request.task.upstream);
    for (const route of routes) {
      if (matches(route, request.envelope.method.name, request.envelope.name) && matchesParams(route, request)) {
        return { ...request, upstream: route.upstream };
      }
    }
    return refuse('unknown_name', { reason: 'no_route' });
  };
}

/**
 * Says where a call could go, whatever its parameters: the routes up to and with the first one that asks for none. Of one that no
 * parameter decides, that is one upstream.
 */
export function makeCandidates(endpoints: Routes): (path: string, method: string, name: string) => readonly string[] {
  const compiled = compile(endpoints);
  return (path, method, name) => {
    let candidates: string[] | undefined;
    for (const route of compiled.get(path) ?? []) {
      if (!matches(route, method, name)) continue;
      if (route.params.length === 0 && candidates === undefined) return route.candidates;
      candidates ??= [];
      if (!candidates.includes(route.upstream)) candidates.push(route.upstream);
      if (route.params.length === 0) break;
    }
    return candidates ?? [];
  };
}

function compile(endpoints: Routes): ReadonlyMap<string, readonly CompiledRoute[]> {
  return new Map([...endpoints].map(([path, routes]) => [path, routes.map(compileRoute)]));
}

function compileRoute(settings: RouteSettings): CompiledRoute {
  return {
    methods: settings.methods.map(compileNamePattern),
    names: settings.names.map(compileNamePattern),
    params: [...settings.params].map(([key, glob]) => [foldParamKey(key), compileNamePattern(glob)] as const),
    upstream: settings.upstream,
    candidates: [settings.upstream],
  };
}

function checkFault(fault: ParamFault): void {
  if (fault === 'invalid_tool') refuse('unknown_name', { reason: fault });
  if (!isSchemaFault(fault)) refuseDifference(fault);
}

function toHolder(routes: readonly CompiledRoute[], request: Opened, upstream: string): Routed {
  const isServed = routes.some((route) => route.upstream === upstream);
  return isServed ? { ...request, upstream } : refuse('task_lost', { reason: 'no_route' });
}

function matches(route: CompiledRoute, method: string, name: string | undefined): boolean {
  if (!matchesAny(route.methods, method)) return false;
  if (route.names.length > 0 && (name === undefined || !matchesAny(route.names, name))) return false;
  // Only calls of tools have arguments that are mirrored.
  return route.params.length === 0 || method === 'tools/call';
}

/** A route that asks for parameters cannot be passed over either, where they are not known. */
function matchesParams(route: CompiledRoute, request: Opened): boolean {
  if (route.params.length === 0) return true;
  const { paramFault } = request;
  if (paramFault === 'no_tool') refuse('unknown_name', { reason: paramFault });
  if (paramFault !== undefined) refuse('upstream_failed', { reason: paramFault });
  for (const [key, pattern] of route.params) {
    const value = request.params === undefined ? readHeader(request, key) : findChecked(request.params, key);
    if (value === undefined || !pattern(value)) return false;
  }
  return true;
}

/** Unchecked: every upstream the call could go to says `paramHeaders: forward`. */
function readHeader(request: Opened, key: string): string | undefined {
  const param = request.headers.params.find((field) => foldParamKey(field.key) === key);
  return param === undefined ? undefined : decodeFieldValue(param.value);
}

function findChecked(params: NonNullable<Opened['params']>, wanted: string): string | undefined {
  for (const [key, value] of params) if (foldParamKey(key) === wanted) return String(value);
  return undefined;
}

const SCHEMA_FAULTS: ReadonlySet<string> = new Set(['no_tool', 'no_schema', 'schemas_differ', 'invalid_tool']);

function isSchemaFault(fault: ParamFault): fault is Exclude<ParamFault, `param_${string}`> {
  return SCHEMA_FAULTS.has(fault);
}
