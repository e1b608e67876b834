// Holds the mirrored arguments of a tool call against its headers, before anything is decided by them.
import type { Enveloped, ParamFault } from '../exchange.ts';
import { agreeParams, NO_PARAMS, type ParamDifference, refuseDifference } from '../mcp/agree-params.ts';
import {
  NO_ANNOTATIONS,
  sameAnnotations,
  type ToolAnnotations,
  type ValidAnnotations,
} from '../mcp/param-annotations.ts';
import type { Catalog } from './catalog.ts';

type SchemaFault = Exclude<ParamFault, ParamDifference>;
type Note = Pick<Enveloped, 'params' | 'paramFault' | 'annotations'>;

export interface CheckParamsDeps {
  /** By name of the upstream. */
  readonly catalogOf: (upstream: string) => Catalog | undefined;
  /** Where the call could go, whatever its parameters (`makeCandidates`). */
  readonly candidatesOf: (path: string, method: string, name: string) => readonly string[];
  /**
   * True for endpoints that hide what they deny: there a difference is noted only, and `route` refuses it, or headers at random
   * would tell forbidden tools from those that do not exist.
   */
  readonly hides: (path: string) => boolean;
}

const PLAIN: Note = { params: NO_PARAMS, paramFault: undefined, annotations: NO_ANNOTATIONS };
const NOTES: Readonly<Record<SchemaFault, Note>> = {
  no_tool: { params: undefined, paramFault: 'no_tool', annotations: undefined },
  no_schema: { params: undefined, paramFault: 'no_schema', annotations: undefined },
  schemas_differ: { params: undefined, paramFault: 'schemas_differ', annotations: undefined },
  invalid_tool: { params: undefined, paramFault: 'invalid_tool', annotations: undefined },
};

/**
 * Makes the stage that checks `Mcp-Param-*` (basic/transports/streamable-http, "Server Validation"). It waits only where a tool
 * is not known yet.
 *
 * @throws Refusal header_mismatch, with the difference as its reason
 */
export function makeCheckParams(deps: CheckParamsDeps): (request: Enveloped) => Enveloped | Promise<Enveloped> {
  const { catalogOf, candidatesOf, hides } = deps;

  function note(request: Enveloped, catalogs: readonly Catalog[], name: string): Enveloped {
    const known = toSchema(catalogs, name);
    if (typeof known === 'string') return { ...request, ...NOTES[known] };
    if (known.params.length === 0) return { ...request, ...PLAIN };
    const outcome = agreeParams(known, request, request.headers.params);
    if (typeof outcome !== 'string') return { ...request, params: outcome, paramFault: undefined, annotations: known };
    // The server may have changed its mind since its list was read.
    for (const catalog of catalogs) catalog.doubtTools(request);
    if (!hides(request.endpoint.path)) refuseDifference(outcome);
    return { ...request, params: undefined, paramFault: outcome, annotations: undefined };
  }

  return (request) => {
    const { method, name } = request.envelope;
    if (method.name !== 'tools/call' || name === undefined) return request;
    const catalogs = findChecking(candidatesOf(request.endpoint.path, method.name, name), catalogOf);
    if (catalogs.length === 0) return request;
    let waits: Promise<unknown>[] | undefined;
    for (const catalog of catalogs) {
      const found = catalog.requireTool(name, request);
      if (found instanceof Promise) (waits ??= []).push(found);
    }
    return waits === undefined
      ? note(request, catalogs, name)
      : Promise.all(waits).then(() => note(request, catalogs, name));
  };
}

function findChecking(upstreams: readonly string[], catalogOf: CheckParamsDeps['catalogOf']): readonly Catalog[] {
  const catalogs: Catalog[] = [];
  for (const upstream of upstreams) {
    const catalog = catalogOf(upstream);
    if (catalog?.checks === true) catalogs.push(catalog);
  }
  return catalogs;
}

/** One schema for all upstreams that know the tool, so that where a call goes does not change what its headers mean. */
function toSchema(catalogs: readonly Catalog[], name: string): ValidAnnotations | SchemaFault {
  let schema: ToolAnnotations | undefined;
  let isWhole = true;
  for (const catalog of catalogs) {
    const found = catalog.findTool(name);
    isWhole &&= found !== undefined || catalog.hasAllTools;
    if (found === undefined) continue;
    if (schema !== undefined && !sameAnnotations(schema, found)) return 'schemas_differ';
    schema = found;
  }
  if (schema === undefined) return isWhole ? 'no_tool' : 'no_schema';
  return schema.valid ? schema : 'invalid_tool';
}
