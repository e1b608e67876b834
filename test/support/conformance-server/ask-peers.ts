// Lets instances answer for each other's tasks, as servers with a common task store do: who does not know one asks the rest.
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import { isJSONRPCRequest } from '@modelcontextprotocol/server';

/** Marks a question among instances, so that it is asked no further. */
const fromPeer = 'x-from-peer';

export interface PeerOptions {
  readonly knowsTask: (taskId: string) => boolean;
  /** URLs of the other instances. */
  readonly peers: () => readonly string[];
}

/** The message by which a parent process tells an instance of the others. */
export interface PeersMessage {
  readonly peers: readonly string[];
}

/** The URLs the parent process has told of; none without a parent. */
export function followPeers(): () => readonly string[] {
  let known: readonly string[] = [];
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'peers' in message) known = (message as PeersMessage).peers;
  });
  return () => known;
}

export function askPeers(handler: McpHttpHandler, { knowsTask, peers }: PeerOptions): McpHttpHandler {
  return {
    ...handler,
    async fetch(request, options) {
      if (request.headers.has(fromPeer) || peers().length === 0) return handler.fetch(request, options);
      const text = await request.clone().text();
      const taskId = findTaskId(text);
      if (taskId === undefined || knowsTask(taskId)) return handler.fetch(request, options);
      const headers = new Headers(request.headers);
      for (const name of ['host', 'content-length', 'connection']) headers.delete(name);
      headers.set(fromPeer, '1');
      for (const peer of peers()) {
        const answer = await fetch(peer, { method: 'POST', headers, body: text });
        const body = await answer.text();
        const type = answer.headers.get('content-type') ?? '';
        if (!body.includes('Unknown task'))
          return new Response(body, { status: answer.status, headers: { 'content-type': type } });
      }
      return handler.fetch(request, options);
    },
  };
}

function findTaskId(text: string): string | undefined {
  if (!text.includes('"tasks/')) return undefined;
  const body: unknown = JSON.parse(text);
  if (!isJSONRPCRequest(body) || !body.method.startsWith('tasks/')) return undefined;
  return typeof body.params?.taskId === 'string' ? body.params.taskId : undefined;
}
