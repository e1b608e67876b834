// What spans say of a request and its attempts: the words of OpenTelemetry's conventions for MCP, and a few of our own. Never tokens, subjects, arguments or results.
import type { RequestRecord } from '../../exchange.ts';
import { toAttemptErrorType, toErrorType } from '../metrics-error-type.ts';
import type { FinishedAttempt } from './recorded-trace.ts';

export type Attributes = Record<string, string | number>;

/** Whether a tool or prompt may stand in the name of a span. */
export interface KnownNames {
  readonly isKnownTool: (endpoint: string, tool: string) => boolean;
  readonly isKnownPrompt: (endpoint: string, prompt: string) => boolean;
}

const MAX_TEXT = 256;

/** `{method} {target}`; the target is left out where names without end could stand in it. */
export function toSpanName({ envelope, endpoint }: RequestRecord, known: KnownNames): string {
  if (envelope === undefined) return `POST ${endpoint ?? 'unknown'}`;
  const { method, name } = envelope;
  if (name === undefined || endpoint === undefined) return method.name;
  const isKnown =
    method.name === 'tools/call'
      ? known.isKnownTool(endpoint, name)
      : method.name === 'prompts/get' && known.isKnownPrompt(endpoint, name);
  return isKnown ? `${method.name} ${name}` : method.name;
}

/** What the server span and the client spans below it share: what the conventions require, not what they recommend. */
function toSharedAttributes({ envelope, decision }: RequestRecord): Attributes {
  const out: Attributes = { 'network.transport': 'tcp' };
  if (envelope === undefined) return out;
  const { method, id, name } = envelope;
  out['mcp.method.name'] = method.name;
  out['jsonrpc.request.id'] = cut(String(id));
  if (method.name === 'tools/call') out['gen_ai.operation.name'] = 'execute_tool';
  // A name that no rule allowed is what somebody made up.
  if (name === undefined || decision?.outcome !== 'allowed') return out;
  if (method.name === 'tools/call') out['gen_ai.tool.name'] = cut(name);
  else if (method.name === 'prompts/get') out['gen_ai.prompt.name'] = cut(name);
  else if (method.name === 'resources/read') out['mcp.resource.uri'] = cut(withoutSecrets(name));
  return out;
}

export function toServerAttributes(record: RequestRecord): Attributes {
  const { refusal, decision, answer } = record;
  const out = toSharedAttributes(record);
  put(out, 'mcp.protocol.version', record.envelope?.version);
  put(out, 'tollgate.request.id', record.requestId);
  put(out, 'tollgate.endpoint', record.endpoint);
  put(out, 'tollgate.upstream', record.upstream);
  put(out, 'tollgate.decision', decision?.outcome);
  put(out, 'tollgate.rule', decision?.rule);
  put(out, 'tollgate.quota.rule', record.quotaRule);
  put(out, 'tollgate.refusal.kind', refusal?.kind);
  put(out, 'tollgate.outcome', refusal === undefined ? (answer?.ending ?? 'client_left') : 'refused');
  put(out, 'rpc.response.status_code', refusal?.row.code ?? answer?.errorCode);
  put(out, 'error.type', toErrorType(record) || undefined);
  const status = refusal?.row.status ?? answer?.status;
  if (status !== undefined && status > 0) out['http.response.status_code'] = status;
  return out;
}

function putAddress(out: Attributes, instance: string): void {
  const colon = instance.lastIndexOf(':');
  const port = Number(instance.slice(colon + 1));
  out['server.address'] = colon < 0 ? instance : instance.slice(0, colon);
  if (colon >= 0 && Number.isInteger(port)) out['server.port'] = port;
}

export function toAttemptAttributes(record: RequestRecord, attempt: FinishedAttempt): Attributes {
  const out = toSharedAttributes(record);
  out['tollgate.upstream'] = attempt.upstream;
  if (attempt.instance !== undefined) putAddress(out, attempt.instance);
  put(out, 'rpc.response.status_code', attempt.outcome?.errorCode);
  put(out, 'error.type', toAttemptErrorType(attempt.outcome ?? { kind: 'client_left' }) || undefined);
  return out;
}

function put(out: Attributes, name: string, value: string | number | undefined): void {
  if (value !== undefined) out[name] = String(value);
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : text.slice(0, MAX_TEXT).toWellFormed();
}

/** Queries and the part before an `@` are where secrets stand in a URI. */
function withoutSecrets(uri: string): string {
  const plain = uri.slice(0, /[?#]|$/.exec(uri)?.index);
  const authority = plain.indexOf('://') + 3;
  if (authority < 3) return plain;
  const slash = plain.indexOf('/', authority);
  const at = plain.lastIndexOf('@', slash < 0 ? plain.length : slash);
  return at < authority ? plain : plain.slice(0, authority) + plain.slice(at + 1);
}
