// A client that declares the tasks extension, and a server whose every call becomes a task.

import type { Behaviour } from '../../../support/fake-upstream.ts';
import { type HeaderLines, type RawAnswer, sendRaw, toHeaderLines } from '../../../support/mcp-request.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

export const TOOL = 'start_export';

export function toTaskBody(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { _meta: META, ...params } });
}

/** @param more header lines such as a token */
export function startTask(port: number, more: HeaderLines = []): Promise<RawAnswer> {
  const body = toTaskBody('tools/call', { name: TOOL, arguments: {} });
  return sendRaw({ port, lines: [...toHeaderLines('tools/call', TOOL), ...more], body });
}

export function askTask(port: number, method: string, taskId: string, more: HeaderLines = []): Promise<RawAnswer> {
  return sendRaw({ port, lines: [...toHeaderLines(method, taskId), ...more], body: toTaskBody(method, { taskId }) });
}

export function readTaskId({ text }: RawAnswer): string {
  const { result } = JSON.parse(text) as { result?: { taskId?: string } };
  if (result?.taskId === undefined) throw new Error(`no task: ${text}`);
  return result.taskId;
}

export interface TaskServer {
  readonly behaviour: Behaviour;
  /** What `tasks/get` says from now on. */
  status: string;
  /** Of tasks that begin from now on. */
  ttlMs: number | null;
  /** Calls stay without an answer. */
  isSilent: boolean;
  /** Whether the last call reached the server with the extension declared. */
  declared: boolean | undefined;
  readonly begun: readonly string[];
}

export function makeTaskServer(pollIntervalMs = 1): TaskServer {
  const begun: string[] = [];
  const server: TaskServer = {
    status: 'working',
    ttlMs: null,
    isSilent: false,
    declared: undefined,
    begun,
    behaviour({ message }, response) {
      const send = (result: object): void => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
      };
      const times = { createdAt: '2026-07-28T00:00:00Z', lastUpdatedAt: '2026-07-28T00:00:00Z', pollIntervalMs };
      const { _meta, taskId } = message.params as { _meta: typeof META; taskId?: string };
      const { status, ttlMs } = server;
      if (message.method === 'tools/call') {
        const { extensions } = _meta['io.modelcontextprotocol/clientCapabilities'];
        server.declared = extensions !== undefined && Object.keys(extensions).length > 0;
        if (server.isSilent) return;
        if (!server.declared) return send({ resultType: 'complete', content: [] });
        begun.push(`task-${begun.length}`);
        return send({ resultType: 'task', taskId: begun.at(-1), status: 'working', ttlMs, ...times });
      }
      if (message.method === 'tasks/cancel') server.status = 'cancelled';
      return send({
        resultType: 'complete',
        taskId,
        status: message.method === 'tasks/get' ? status : server.status,
        ttlMs,
        ...times,
      });
    },
  };
  return server;
}
