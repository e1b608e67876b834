// Writes a made-up call as a client would, and reads it as the gateway does.
import type { EndpointConfig } from '../config/endpoint-config.ts';
import type { Enveloped, ParamValue, Principal } from '../exchange.ts';
import { NO_EDITS } from '../mcp/edits.ts';
import { openEnvelope } from '../mcp/envelope.ts';
import { encodeFieldValue } from '../mcp/header-value.ts';
import { METHODS, SUPPORTED_VERSIONS, toServedMethods } from '../mcp/methods.ts';
import { refuse } from '../refusal.ts';

/** A call as a policy test or `tollgate explain` describes it. */
export interface RehearsedCall {
  readonly method: string;
  /** A tool, a prompt, a URI; for a method of tasks the tool that began the task; for completion what its `ref` names. */
  readonly name: string | undefined;
  /** JSON text of an object. */
  readonly args: string;
  /** Checked `Mcp-Param-*` values by lower-case key. */
  readonly params: ReadonlyMap<string, ParamValue>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const [VERSION = ''] = SUPPORTED_VERSIONS;

/** @throws Refusal as `openEnvelope` does, for a method that does not exist here or arguments that are no sound JSON */
export function toRequest(endpoint: EndpointConfig, principal: Principal, call: RehearsedCall): Enveloped {
  const { path, resource, extensions } = endpoint;
  const mirrors = METHODS.get(call.method)?.mirrors;
  const headers = {
    version: VERSION,
    method: call.method,
    name: mirrors === undefined ? undefined : encodeFieldValue(call.name ?? ''),
    params: [],
    traceparent: undefined,
    tracestate: undefined,
  };
  const body = toBody(call, mirrors, [...extensions.keys()]);
  const methods = toServedMethods([...extensions.keys()]);
  const envelope = openEnvelope(body, headers, methods) ?? refuse('unknown_method', { reason: 'notification' });
  return {
    endpoint: { path, resource, methods },
    headers,
    authorization: [],
    query: '',
    address: '',
    readBody: () => Promise.resolve(body),
    principal,
    bearer: undefined,
    body,
    envelope,
    params: call.params,
    paramFault: undefined,
    annotations: undefined,
    handles: { opened: 0, isRefused: false },
    edits: NO_EDITS,
  };
}

/** Of a client that knows all extensions of the endpoint. */
function toBody(call: RehearsedCall, mirrors: string | undefined, extensions: readonly string[]): Buffer {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientCapabilities': { extensions: Object.fromEntries(extensions.map((id) => [id, {}])) },
  };
  const fields = [`"_meta":${JSON.stringify(meta)}`, ...toFields(call, mirrors)].join(',');
  return Buffer.from(`{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(call.method)},"params":{${fields}}}`);
}

function toFields({ method, name, args }: RehearsedCall, mirrors: string | undefined): readonly string[] {
  const text = JSON.stringify(name ?? '');
  if (mirrors !== undefined) {
    const named = `${JSON.stringify(mirrors)}:${text}`;
    return method === 'tools/call' || method === 'prompts/get' ? [named, `"arguments":${args}`] : [named];
  }
  if (method === 'completion/complete') {
    const isTemplate = name?.includes('://') === true;
    const ref = isTemplate ? `{"type":"ref/resource","uri":${text}}` : `{"type":"ref/prompt","name":${text}}`;
    return [`"ref":${ref}`, '"argument":{"name":"","value":""}', `"context":{"arguments":${args}}`];
  }
  if (method !== 'subscriptions/listen') return [];
  const asked = name === undefined ? '"toolsListChanged":true' : `"resourceSubscriptions":[${text}]`;
  return [`"notifications":{${asked}}`];
}
