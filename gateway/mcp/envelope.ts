// Opens the envelope: reads what a request says of itself in its body, and holds its mirrored headers against that.
import { refuse } from '../refusal.ts';
import { checkCancellation, checkHeaders } from './agree-headers.ts';
import type { JsonLimits } from './json-fault.ts';
import { type Method, SUPPORTED_VERSIONS } from './methods.ts';
import type { MirroredHeaders } from './mirrored-headers.ts';
import { Opening } from './opening.ts';
import { readExtensions } from './read-extensions.ts';
import { type ForeignKey, readParams } from './read-params.ts';
import { readTop } from './read-top.ts';
import { isJsonFault, scanJson } from './strict-json.ts';

/** What a request says of itself, agreed by headers and body. */
export interface Envelope {
  readonly method: Method;
  /** The id as the very bytes of the body, so that errors repeat it exactly. */
  readonly idLiteral: string;
  readonly id: string | number;
  readonly version: string;
  /** What `Mcp-Name` mirrors: a tool, a prompt, a URI or a task; undefined on other methods. */
  readonly name: string | undefined;
  /** Byte offsets of the value of `params` and of `params._meta`, for splicing. */
  readonly paramsStart: number;
  readonly paramsEnd: number;
  readonly metaStart: number;
  readonly metaEnd: number;
  /** Keys of `_meta` that the protocol does not define for requests. */
  readonly foreignMeta: readonly ForeignKey[];
  /** It says that it is a second round: `params` holds `requestState` or `inputResponses` (SEP-2322). */
  readonly isRound: boolean;
  /** The extensions the client declares for this request, each as a member of `clientCapabilities.extensions`. */
  readonly extensions: readonly ForeignKey[];
}

const LIMITS: JsonLimits = { maxDepth: 64, maxMembers: 10_000, notedDepth: 3 };

/**
 * Reads a body as exactly one MCP request and holds its mirrored headers against it.
 *
 * @param body the bytes as they came
 * @param headers the mirrored headers as they stood on the wire
 * @param served the methods that exist on the endpoint
 * @returns the envelope, or undefined for a notification that asks for nothing
 * @throws Refusal not_json, not_a_request, bad_params, header_mismatch, unsupported_version,
 *   unknown_method, in this order (MCP 2026-07-28, basic/transports/streamable-http, "Server Validation"; RFC 8259)
 */
export function openEnvelope(
  body: Buffer,
  headers: MirroredHeaders,
  served: ReadonlySet<string>,
): Envelope | undefined {
  const scanned = scanJson(body, LIMITS);
  if (isJsonFault(scanned))
    return refuse(scanned.kind === 'not_json' ? 'not_json' : 'not_a_request', { reason: scanned.reason });
  if (scanned.rootKind !== 0x7b)
    return refuse('not_a_request', { reason: scanned.rootKind === 0x5b ? 'batch' : 'scalar' });
  const opening = new Opening(body, scanned);
  const top = readTop(opening);
  if (top === undefined) return checkCancellation(opening, headers);
  const meta = readParams(opening, top);
  const name = checkHeaders(opening, top, meta, headers);
  if (!SUPPORTED_VERSIONS.includes(meta.version)) {
    const data = { supported: SUPPORTED_VERSIONS, requested: meta.version.slice(0, 200) };
    return opening.refuse('unsupported_version', 'version', data);
  }
  if (top.known === undefined || !served.has(top.method)) return opening.refuse('unknown_method', 'not_served');
  return {
    method: top.known,
    idLiteral: opening.idLiteral as string,
    id: top.id,
    version: meta.version,
    name,
    paramsStart: scanned.valueStart[top.params] as number,
    paramsEnd: scanned.valueEnd[top.params] as number,
    metaStart: scanned.valueStart[meta.at] as number,
    metaEnd: scanned.valueEnd[meta.at] as number,
    foreignMeta: meta.foreign,
    isRound: meta.isRound,
    extensions: readExtensions(opening, meta.capabilities),
  };
}
