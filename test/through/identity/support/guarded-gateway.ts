// A gateway that takes tokens of real issuers, with access rules by scope, and calls made with a token.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import {
  type HeaderLines,
  type RawAnswer,
  sendRaw,
  toHeaderLines,
  toRequestBody,
} from '../../../support/mcp-request.ts';
import { type Gateway, startGateway, startUpstream } from '../../support/start.ts';

/** Another origin than the listener's: what the gateway says of itself comes from its configuration. */
export const PUBLIC_URL = 'https://mcp.example.com';
export const RESOURCE = `${PUBLIC_URL}/mcp`;
export const METADATA_URL = `${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp`;

const RULES = [
  { id: 'reading', allow: { tools: ['read_*'] }, to: { scopes: ['weather:read'] } },
  { id: 'writing', allow: { tools: ['write_*'] }, to: { scopes: ['weather:read', 'weather:write'] } },
];

export interface GuardedOptions {
  /** `identity` of the configuration, without `anonymous` unless it says so. */
  readonly identity: object;
  readonly instances?: readonly string[];
  /** Keys of the endpoint `/mcp`. */
  readonly endpoint?: object;
  /** Keys of the whole file. */
  readonly config?: object;
  readonly rules?: readonly object[];
}

/** Writes an access file of its own; @returns its name */
export async function writeAccess(t: TestContext, rules: readonly object[] = RULES): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-access-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'access.yaml');
  await writeFile(file, stringify({ rules }));
  return file;
}

/** Keys of a whole configuration with one endpoint behind tokens. */
export async function toGuardedConfig(t: TestContext, { identity, endpoint, config, rules }: GuardedOptions) {
  return {
    publicUrl: PUBLIC_URL,
    allowedHosts: ['127.0.0.1', 'localhost', 'mcp.example.com'],
    identity,
    extensions: {},
    endpoints: { '/mcp': { upstream: 'fleet', access: [await writeAccess(t, rules)], ...endpoint } },
    ...config,
  };
}

/** Starts it before an upstream that answers everything, unless there are instances. */
export async function startGuardedGateway(t: TestContext, options: GuardedOptions): Promise<Gateway> {
  const instances = options.instances ?? [(await startUpstream(t)).url];
  return startGateway(t, { instances, config: await toGuardedConfig(t, options) });
}

export const toBearer = (token: string): HeaderLines => [['Authorization', `Bearer ${token}`]];

/** Calls a tool with a token, or without one. */
export function callTool(port: number, token?: string, tool = 'read_station', target = '/mcp'): Promise<RawAnswer> {
  const lines = [...toHeaderLines('tools/call', tool), ...(token === undefined ? [] : toBearer(token))];
  return sendRaw({ port, target, lines, body: toRequestBody('tools/call', { name: tool, arguments: {} }) });
}

/** The `data.reason` of a refusal. */
export function toReason({ text }: RawAnswer): unknown {
  return (JSON.parse(text) as { error?: { data?: { reason?: unknown } } }).error?.data?.reason;
}
