// A server behind the gateway with one tool for each way a call can end.
import type { Behaviour } from '../../support/fake-upstream.ts';
import { toPlainTool } from '../../through/support/tool-server.ts';

const TOOLS = [
  'read_station',
  'read_limited',
  'read_secret',
  'read_broken',
  'read_failing',
  'read_cut',
  'write_warning',
  'ask_city',
  'start_export',
  'start_inline',
];

const TASK = {
  taskId: 'task-1',
  status: 'working',
  ttlMs: 60_000,
  pollIntervalMs: 60_000,
  createdAt: '2026-07-28T00:00:00Z',
  lastUpdatedAt: '2026-07-28T00:00:00Z',
};

export const serveBusily: Behaviour = ({ message }, response) => {
  const { id, method, params } = message;
  const answer = (content: object): void => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, ...content }));
  };
  const complete = (members: object): void => answer({ result: { resultType: 'complete', ...members } });
  if (method === 'tools/list') {
    return complete({ tools: TOOLS.map(toPlainTool), ttlMs: 60_000, cacheScope: 'private' });
  }
  if (method.startsWith('tasks/')) return complete({ ...TASK, taskId: params['taskId'] });
  switch (params['name']) {
    case 'read_broken':
      return answer({ error: { code: -32603, message: 'broken' } });
    case 'read_failing':
      return complete({ content: [], isError: true });
    case 'read_cut':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: {} })}\n\n`);
      return void setTimeout(() => response.destroy(), 20);
    case 'ask_city':
      if ('requestState' in params) return complete({ content: [] });
      return answer({ result: { resultType: 'input_required', requestState: 'asked' } });
    case 'start_export':
    case 'start_inline':
      return answer({ result: { ...TASK, resultType: mayBeTask(params) ? 'task' : 'complete' } });
    default:
      return complete({ content: [] });
  }
};

function mayBeTask(params: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(params['_meta']).includes('io.modelcontextprotocol/tasks');
}
