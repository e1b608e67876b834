// Serves a small weather service on the official SDK; `tollgate demo` and docker compose run it three times.
import { parseArgs } from 'node:util';
import { createMcpHandler, createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { announceServer } from './announce-server.ts';
import { registerWeatherModel } from './register-weather-model.ts';
import { currentUri, registerWeatherReading } from './register-weather-reading.ts';
import type { PendingWarning } from './register-weather-tools.ts';
import { registerWeatherTools } from './register-weather-tools.ts';
import type { McpListener } from './serve-mcp.ts';
import { serveMcp } from './serve-mcp.ts';
import { makeTaskStore } from './task-store.ts';
import { observationEveryMs } from './weather-data.ts';

export interface DemoServerOptions {
  /** Shown in every answer. */
  readonly instance: string;
  /** 0: any free port. */
  readonly port?: number;
  readonly host?: string;
}

// No secret: the demo's instances only have to agree on it. Any of them opens what another one minted.
const states = createRequestStateCodec<PendingWarning>({ key: 'the demo server keeps no secrets at all' });

/** Listens at `/mcp`. Any request but those about a task may go to any instance. */
export async function startDemoServer({
  instance,
  port = 0,
  host = '127.0.0.1',
}: DemoServerOptions): Promise<McpListener> {
  // They live in this server's memory; the gateway brings every request about one back here.
  const tasks = makeTaskStore();
  const handler = createMcpHandler(
    () => {
      const mcp = new McpServer(
        { name: 'weather', title: 'Weather demo', version: '1.0.0' },
        {
          instructions: 'A demo: the weather is made up.',
          capabilities: { resources: { subscribe: true, listChanged: true } },
          requestState: { verify: (state, ctx) => states.verify(state, ctx) },
        },
      );
      registerWeatherTools(mcp, { instance, states });
      registerWeatherModel(mcp, { instance, tasks });
      registerWeatherReading(mcp, { instance });
      return mcp;
    },
    { legacy: 'reject' },
  );
  const changing = setInterval(() => handler.notify.resourceUpdated(currentUri), observationEveryMs);
  const listener = await serveMcp({ handler, host, port, path: '/mcp' }).catch((error: unknown) => {
    clearInterval(changing);
    throw error;
  });
  return {
    url: listener.url,
    async close() {
      clearInterval(changing);
      await listener.close();
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { instance: { type: 'string' }, port: { type: 'string' }, host: { type: 'string' } },
  });
  const { instance = 'weather-1', port, ...rest } = values;
  announceServer(await startDemoServer({ ...rest, instance, port: Number(port ?? 0) }));
}
