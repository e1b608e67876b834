// Connects the official SDK client, pinned to revision 2026-07-28, through a gateway to three demo servers.
import type { TestContext } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { startDemoServer } from '../../../gateway/demo/demo-server.ts';
import { type Gateway, startGateway } from './start.ts';

export interface Connected {
  readonly client: Client;
  readonly gateway: Gateway;
  /** What the client's transport complained of. */
  readonly errors: readonly Error[];
  /** HTTP status of each POST the client made, by JSON-RPC method, in order. */
  readonly posts: readonly { readonly method: string; readonly status: number }[];
}

export async function connectClient(t: TestContext): Promise<Connected> {
  const servers = await Promise.all(
    ['weather-1', 'weather-2', 'weather-3'].map((instance) => startDemoServer({ instance })),
  );
  const gateway = await startGateway(t, { instances: servers.map(({ url }) => url) });
  const posts: { method: string; status: number }[] = [];
  const transport = new StreamableHTTPClientTransport(new URL(gateway.url), {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const { method } = JSON.parse(init?.body as string) as { method: string };
      posts.push({ method, status: response.status });
      return response;
    },
  });
  const client = new Client(
    { name: 'tollgate-test', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const errors: Error[] = [];
  Object.assign(client, { onerror: (error: Error) => errors.push(error) });
  t.after(async () => {
    await client.close();
    await Promise.all(servers.map((server) => server.close()));
  });
  await client.connect(transport);
  return { client, gateway, errors, posts };
}

/** The instance that gave a tool's result. */
export function toInstance(result: { readonly structuredContent?: unknown }): unknown {
  return (result.structuredContent as { instance?: unknown } | undefined)?.instance;
}
