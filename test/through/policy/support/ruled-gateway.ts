// A gateway with access rules and an issuer before a library, and callers who each have a token of their own.
import type { TestContext } from 'node:test';
import { startFakeIssuer } from '../../../support/fake-issuer.ts';
import type { FakeUpstream } from '../../../support/fake-upstream.ts';
import {
  type HeaderLines,
  type RawAnswer,
  sendRaw,
  toHeaderLines,
  toRequestBody,
} from '../../../support/mcp-request.ts';
import { RESOURCE, toBearer, toGuardedConfig } from '../../identity/support/guarded-gateway.ts';
import { type CallOptions, type OpenCall, openCall } from '../../support/open-call.ts';
import { type Gateway, startGateway, startUpstream } from '../../support/start.ts';
import { type LibraryOptions, makeLibrary } from './library.ts';

export interface RuledOptions {
  readonly rules: readonly object[];
  readonly library?: LibraryOptions;
  /** Keys of the endpoint `/mcp`. */
  readonly endpoint?: object;
  /** Keys of the whole file. */
  readonly config?: object;
  /** Keys of the upstream. */
  readonly upstream?: object;
}

/** What one request says beside its params. */
export interface Saying {
  /** The value of `Mcp-Name`; default the name or URI in the params. */
  readonly name?: string;
  readonly capabilities?: object;
  /** Further keys of `_meta`. */
  readonly meta?: object;
  readonly lines?: HeaderLines;
  readonly id?: string | number;
}

/** Somebody with a token. */
export interface Caller {
  readonly token: string;
  ask(method: string, params?: object, saying?: Saying): Promise<RawAnswer>;
  /** Calls a tool. @param args as they stand in the body, byte for byte; undefined: none */
  call(name: string, args?: string, lines?: HeaderLines): Promise<RawAnswer>;
  /** Opens a request whose answer is a stream. */
  open(method: string, params?: object): OpenCall;
}

export interface RuledGateway {
  readonly gateway: Gateway;
  readonly server: FakeUpstream;
  /** Puts other rules in force. */
  readonly applyRules: (rules: readonly object[]) => Promise<void>;
  /** @param claims such as `groups`; `sub` is `ann` unless they say otherwise */
  readonly makeCaller: (claims?: object) => Promise<Caller>;
}

export async function startRuledGateway(t: TestContext, options: RuledOptions): Promise<RuledGateway> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const server = await startUpstream(t, makeLibrary(options.library));
  const toConfig = (rules: readonly object[]) =>
    toGuardedConfig(t, {
      identity: { issuers: [{ issuer: issuer.issuer }] },
      rules,
      ...(options.endpoint && { endpoint: options.endpoint }),
      ...(options.config && { config: options.config }),
    });
  const gateway = await startGateway(t, {
    instances: [server.url],
    config: await toConfig(options.rules),
    upstream: { paramHeaders: 'check', ...options.upstream },
  });
  return {
    gateway,
    server,
    applyRules: async (rules) => gateway.apply(await toConfig(rules)),
    async makeCaller(claims = {}) {
      const exp = Math.floor(Date.now() / 1000) + 300;
      const token = await issuer.sign({ sub: 'ann', aud: RESOURCE, exp, ...claims });
      return toCaller(gateway.port, token);
    },
  };
}

function toCaller(port: number, token: string): Caller {
  return {
    token,
    ask(method, params = {}, { name, capabilities = {}, meta = {}, lines = [], id } = {}) {
      return sendRaw({
        port,
        lines: [...toHeaderLines(method, name ?? findName(method, params)), ...toBearer(token), ...lines],
        body: toRequestBody(method, { _meta: toMeta(capabilities, meta), ...params }, id),
      });
    },
    call(name, args, lines = []) {
      const mark = '"ARGUMENTS"';
      const params = { _meta: toMeta({}), name, ...(args !== undefined && { arguments: 'ARGUMENTS' }) };
      return sendRaw({
        port,
        lines: [...toHeaderLines('tools/call', name), ...toBearer(token), ...lines],
        body: toRequestBody('tools/call', params).replace(mark, () => args ?? ''),
      });
    },
    open(method, params = {}) {
      const name = findName(method, params);
      const options: CallOptions = {
        port,
        method,
        params,
        lines: toBearer(token),
        ...(name !== undefined && { name }),
      };
      return openCall(options);
    },
  };
}

export const toMeta = (capabilities: object, more: object = {}): object => ({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': capabilities,
  ...more,
});

const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
]);

/** Beyond visible ASCII a header carries Base64. */
function findName(method: string, params: object): string | undefined {
  const key = NAMED.get(method);
  const name = key === undefined ? undefined : (Reflect.get(params, key) as string);
  if (name === undefined || /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name)) return name;
  return `=?base64?${Buffer.from(name).toString('base64')}?=`;
}

/** What reached the server, without what the gateway asked it on its own. */
export const toForwarded = ({ hits }: FakeUpstream) =>
  hits.filter(({ message }) => !String(message.id).startsWith('tollgate-'));
