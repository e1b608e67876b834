// A server that answers as the name of the tool says: `read_stream_7` gets a stream, `read_cut_7` half of one, and so on.
import type { Behaviour } from '../../../support/fake-upstream.ts';
import { answerResult, toEvent } from '../../../support/fake-upstream.ts';

const STEP = toEvent({ method: 'notifications/message', params: { level: 'info', data: 'step' } });
const TIMES = { createdAt: '2026-07-28T00:00:00Z', lastUpdatedAt: '2026-07-28T00:00:00Z', ttlMs: null };

export const behaveMixed: Behaviour = (hit, response) => {
  const { id, method, params } = hit.message;
  const name = typeof params['name'] === 'string' ? params['name'] : '';
  const send = (message: object, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...message }));
  };
  if (method === 'tools/list')
    return send({ result: { resultType: 'complete', tools: [], ttlMs: 0, cacheScope: 'private' } });
  if (method === 'tasks/get') {
    return send({ result: { resultType: 'complete', taskId: params['taskId'], status: 'working', ...TIMES } });
  }
  switch (name.split('_')[1] ?? '') {
    case 'error':
      return send({ error: { code: -32602, message: 'no such city' } });
    case 'sick':
      return void response.writeHead(500).end();
    case 'task':
      return send({ result: { resultType: 'task', taskId: `t-${name}`, status: 'working', ...TIMES } });
    case 'stream':
    case 'cut':
    case 'leave':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(STEP);
      if (name.startsWith('read_leave')) return;
      if (name.startsWith('read_cut')) return void setImmediate(() => response.destroy());
      response.end(STEP + toEvent({ id, result: { resultType: 'complete', content: [] } }));
      return;
    default:
      return answerResult(hit, response);
  }
};
