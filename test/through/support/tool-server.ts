// A server with a list of tools that a test can change, which answers every other request with a bare result.
import { answerResult, type FakeUpstream, type Hit, startFakeUpstream } from '../../support/fake-upstream.ts';

export interface ToolServer {
  readonly fake: FakeUpstream;
  /** What `tools/list` shows now; undefined: it fails. */
  tools: readonly object[] | undefined;
  /** The calls that arrived. */
  readonly calls: readonly Hit[];
  /** Lists asked for by the gateway itself. */
  readonly ownLists: readonly Hit[];
}

/** A tool whose argument `region` is repeated in `Mcp-Param-Region`, unless the test says otherwise. */
export function toTool(name: string, header: unknown = 'Region', type = 'string'): object {
  const region = { type, ...(header !== undefined && { 'x-mcp-header': header }) };
  return { name, inputSchema: { type: 'object', properties: { region } } };
}

export const toPlainTool = (name: string): object => ({ name, inputSchema: { type: 'object' } });

/** What takes the server down again, such as a test. */
interface End {
  after(close: () => Promise<void>): void;
}

export async function startToolServer(end: End, tools: readonly object[]): Promise<ToolServer> {
  const fake = await startFakeUpstream((hit, response) => {
    const { method } = hit.message;
    if (method === 'tools/list' && server.tools === undefined) response.writeHead(500).end();
    else if (method === 'tools/list')
      answerResult(hit, response, { resultType: 'complete', tools: server.tools, ttlMs: 0, cacheScope: 'private' });
    else answerResult(hit, response);
  });
  end.after(() => fake.close());
  const server: ToolServer = {
    fake,
    tools,
    get calls() {
      return fake.hits.filter(({ message }) => message.method === 'tools/call');
    },
    get ownLists() {
      return fake.hits.filter(({ message }) => String(message.id).startsWith('tollgate-list-'));
    },
  };
  return server;
}
