// Serves everything that the official conformance suite asks of a server, on the official SDK.
import { parseArgs } from 'node:util';
import type { PerRequestResponseMode, ServerEventBus } from '@modelcontextprotocol/server';
import { createMcpHandler, createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { announceServer } from '../../gateway/demo/announce-server.ts';
import type { McpListener } from '../../gateway/demo/serve-mcp.ts';
import { serveMcp } from '../../gateway/demo/serve-mcp.ts';
import { serveTasks } from '../../gateway/demo/serve-tasks.ts';
import { makeTaskStore } from '../../gateway/demo/task-store.ts';
import { makeRelayedEventBus } from './conformance-server/make-relayed-event-bus.ts';
import { refuseWithoutTasks } from './conformance-server/refuse-without-tasks.ts';
import { registerContentTools } from './conformance-server/register-content-tools.ts';
import type { RoundState } from './conformance-server/register-input-tools.ts';
import { registerInputTools } from './conformance-server/register-input-tools.ts';
import { registerPrompts } from './conformance-server/register-prompts.ts';
import { registerResources } from './conformance-server/register-resources.ts';
import { registerTaskTools } from './conformance-server/register-task-tools.ts';

export interface ConformanceServerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** Instances that share a bus tell each other's subscribers; the default is a bus of its own. */
  readonly bus?: ServerEventBus;
  /** `auto` streams only where there is something to say before the result; `sse` streams every answer. */
  readonly responseMode?: PerRequestResponseMode;
}

// One key for all instances, as a real fleet would have: any of them opens what another one minted.
const states = createRequestStateCodec<RoundState>({ key: 'a key for tests, the same on every instance' });

/** Any request may go to any instance, but one about a task: that lives in the memory of the instance that began it. */
export async function startConformanceServer(options: ConformanceServerOptions = {}): Promise<McpListener> {
  const { host = '127.0.0.1', port = 0, path = '/mcp', bus, responseMode = 'auto' } = options;
  const tasks = makeTaskStore({ pollIntervalMs: 200 });
  const handler = createMcpHandler(
    () => {
      const mcp = new McpServer(
        { name: 'tollgate-conformance-server', version: '1.0.0' },
        {
          capabilities: {
            tools: { listChanged: true },
            prompts: { listChanged: true },
            resources: { listChanged: true, subscribe: true },
          },
          requestState: { verify: (state, ctx) => states.verify(state, ctx) },
        },
      );
      registerContentTools(mcp);
      registerInputTools(mcp, states);
      registerTaskTools(mcp, tasks);
      serveTasks(mcp, tasks);
      registerResources(mcp);
      registerPrompts(mcp);
      mcp.registerTool('test_trigger_tool_change', { description: 'Says that the tools changed' }, () => {
        handler.notify.toolsChanged();
        return { content: [{ type: 'text', text: 'told' }] };
      });
      mcp.registerTool('test_trigger_prompt_change', { description: 'Says that the prompts changed' }, () => {
        handler.notify.promptsChanged();
        return { content: [{ type: 'text', text: 'told' }] };
      });
      return mcp;
    },
    { legacy: 'reject', responseMode, ...(bus && { bus }) },
  );
  return serveMcp({ handler: refuseWithoutTasks(handler), host, port, path });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { host: { type: 'string' }, port: { type: 'string' }, path: { type: 'string' }, sse: { type: 'boolean' } },
  });
  const { port, sse, ...rest } = values;
  announceServer(
    await startConformanceServer({
      ...rest,
      port: Number(port ?? 0),
      responseMode: sse ? 'sse' : 'auto',
      bus: makeRelayedEventBus(),
    }),
  );
}
