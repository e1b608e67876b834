// A server with lists in pages, and an upstream that leads to it.
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { makeUpstream, type Upstream } from '../../../gateway/upstream/upstream.ts';
import { type FakeUpstream, type Hit, startFakeUpstream } from '../../support/fake-upstream.ts';
import { makeSettings } from './make-settings.ts';

type Item = Readonly<Record<string, unknown>>;

export interface ListServer {
  readonly fake: FakeUpstream;
  readonly upstream: Upstream;
  /** Pages by kind, as they are now; a kind that is missing is no method of this server. */
  pages: Partial<Record<'tools' | 'prompts', readonly (readonly Item[])[]>>;
  /** Joins every result. */
  more: object;
}

/** A tool that repeats its argument `region` in `Mcp-Param-Region`, or none. */
export function toTool(name: string, header?: string, type = 'string'): Item {
  const region = { type, ...(header !== undefined && { 'x-mcp-header': header }) };
  return { name, inputSchema: { type: 'object', properties: { region } } };
}

export async function startListServer(t: TestContext, tools: readonly (readonly Item[])[] = []): Promise<ListServer> {
  const fake = await startFakeUpstream((hit, response) => answerList(server, hit, response));
  const upstream = await reach(t, fake.url);
  t.after(() => fake.close());
  const server: ListServer = { fake, upstream, pages: { tools }, more: {} };
  return server;
}

/** An upstream of these instances, closed with the test. */
export async function reach(t: TestContext, ...instances: string[]): Promise<Upstream> {
  const settings = makeSettings({ source: { kind: 'fixed', instances } });
  const upstream = makeUpstream(settings, { now: () => performance.now(), random: () => 0, onEvent: () => {} });
  t.after(() => upstream.close(0));
  await upstream.ready();
  return upstream;
}

export function answerList(
  { pages, more }: Pick<ListServer, 'pages' | 'more'>,
  hit: Hit,
  response: ServerResponse,
): void {
  const { id, method, params } = hit.message;
  const [kind = ''] = method.split('/');
  const all = pages[kind as 'tools' | 'prompts'];
  response.writeHead(all === undefined ? 404 : 200, { 'content-type': 'application/json' });
  if (all === undefined) {
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } }));
    return;
  }
  const at = params['cursor'] === undefined ? 0 : Number(params['cursor']);
  const next = at + 1 < all.length ? { nextCursor: String(at + 1) } : {};
  const result = { resultType: 'complete', [kind]: all[at] ?? [], ...next, ...more };
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
