// What reached the server, held against itself: strict JSON, and headers that say what the body says.
import assert from 'node:assert/strict';
import type { Hit } from '../../support/fake-upstream.ts';

const STRING = /"(?:[^"\\]|\\.)*"/y;

/** Fails when some object names a member twice; `JSON.parse` has read the text already. */
function assertNoRepeats(text: string, why: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '{') open.push(new Set());
    else if (c === '[') open.push(undefined);
    else if (c === '}' || c === ']') open.pop();
    if (c !== '"') continue;
    STRING.lastIndex = at;
    const literal = STRING.exec(text)?.[0] ?? '';
    at += literal.length - 1;
    if (!/^\s*:/.test(text.slice(at + 1, at + 40))) continue;
    const name = JSON.parse(literal) as string;
    const names = open.at(-1);
    assert.ok(names !== undefined && !names.has(name), `${name} twice: ${why}`);
    names.add(name);
  }
}

/** How every seal begins. */
const SEAL = Buffer.from('{"alg":"dir"').toString('base64url').slice(0, 16);

const decode = (value: string | undefined): string | undefined => {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value ?? '')?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
};

interface Meta {
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly 'io.modelcontextprotocol/clientCapabilities': { readonly extensions?: object };
}

const PARAMS: readonly [tool: string, argument: string, header: string][] = [
  ['read_station', 'city', 'mcp-param-city'],
  ['fill_basket', 'basketId', 'mcp-param-basket'],
  ['fill_basket', 'note', 'mcp-param-note'],
  ['fill_basket', 'count', 'mcp-param-count'],
];

/** @param token what the gateway proves itself by */
export function assertForwarded({ request, body }: Hit, token: string): void {
  const why = JSON.stringify([request.rawHeaders, body.toString()]).slice(0, 3000);
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  const { method, params } = JSON.parse(text) as { method: string; params: Record<string, unknown> };
  assertNoRepeats(text, why);
  const { headers } = request;
  const names = request.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  assert.equal(new Set(names).size, names.length, `a header twice: ${why}`);
  assert.equal(headers.authorization, `Bearer ${token}`, why);
  assert.equal(headers['mcp-method'], method, why);
  const mirrored = { resources: params['uri'], tasks: params['taskId'] }[method.split('/')[0] ?? ''] ?? params['name'];
  const header = headers['mcp-name'];
  assert.equal(
    decode(typeof header === 'string' ? header : undefined),
    method.endsWith('list') ? undefined : mirrored,
    why,
  );
  const meta = params['_meta'] as Meta;
  assert.equal(meta.traceparent, headers['traceparent'], why);
  assert.equal(meta.tracestate, headers['tracestate'], why);
  for (const key of Object.keys(meta))
    assert.match(key, /^(?:com\.example\/|io\.modelcontextprotocol\/|progressToken$|trace)/, why);
  const extensions = Object.keys(meta['io.modelcontextprotocol/clientCapabilities'].extensions ?? {});
  for (const name of extensions) assert.equal(name, 'io.modelcontextprotocol/tasks', why);
  const given = (params['arguments'] ?? {}) as Readonly<Record<string, unknown>>;
  for (const [tool, argument, name] of PARAMS) {
    if (method !== 'tools/call' || params['name'] !== tool) continue;
    const value = Object.hasOwn(given, argument) ? given[argument] : undefined;
    const said = headers[name];
    const spoken = decode(typeof said === 'string' ? said : undefined);
    if (value === undefined || value === null) assert.equal(said, undefined, why);
    else if (typeof value === 'number') assert.equal(Number(spoken), value, why);
    else assert.equal(spoken, value, why);
  }
  const opened = [params['taskId'], params['requestState'], method === 'tools/call' ? given['basketId'] : undefined];
  for (const value of opened) assert.ok(!String(value).startsWith(SEAL), `a seal went upstream: ${why}`);
}
