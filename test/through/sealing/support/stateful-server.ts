// A server that trusts what comes back to it: plain state, guessable task ids, guessable baskets.
import type { ServerResponse } from 'node:http';
import { answerResult, type Behaviour, type Hit, toEvent } from '../../../support/fake-upstream.ts';

export interface StatefulServer {
  readonly behaviour: Behaviour;
  /** It does not know these tasks any more. */
  readonly forgotten: Set<string>;
  /** Listening streams that are open, in order. */
  readonly streams: readonly ServerResponse[];
  /** The id of the next task. */
  nextTaskId: string | undefined;
}

/** Names of what asks back. */
const ASKING = /^(?:weather:..)?ask/;
const TIMES = { createdAt: '2026-07-28T00:00:00Z', lastUpdatedAt: '2026-07-28T00:00:00Z', ttlMs: 60_000 };

export function makeStatefulServer(): StatefulServer {
  const streams: ServerResponse[] = [];
  let states = 0;
  let tasks = 0;
  const server: StatefulServer = {
    forgotten: new Set(),
    streams,
    nextTaskId: undefined,
    behaviour(hit, response) {
      const { method, params } = hit.message;
      const name = typeof params['name'] === 'string' ? params['name'] : '';
      if (method === 'subscriptions/listen') {
        streams.push(response);
        acknowledge(hit, response);
      } else if (method.startsWith('tasks/')) {
        answerTask(server, hit, response);
      } else if (name.endsWith('start')) {
        const taskId = server.nextTaskId ?? `task-${++tasks}`;
        answerResult(hit, response, { resultType: 'task', taskId, status: 'working', ...TIMES });
      } else if (name === 'create_basket') {
        answerResult(hit, response, toBasket('basket-1'));
      } else if ((method === 'resources/read' || ASKING.test(name)) && params['requestState'] === undefined) {
        answerResult(hit, response, { resultType: 'input_required', requestState: `state-${++states}` });
      } else {
        const got = { arguments: params['arguments'], requestState: params['requestState'] };
        answerResult(hit, response, { resultType: 'complete', content: [], structuredContent: { got } });
      }
    },
  };
  return server;
}

function toBasket(basketId: string): object {
  const content = [
    { type: 'text', text: `Use ${basketId} from now on; ${basketId}0 is another one.` },
    { type: 'text', text: JSON.stringify({ basketId }) },
  ];
  return { resultType: 'complete', content, structuredContent: { basketId, items: 0 } };
}

function answerTask(server: StatefulServer, hit: Hit, response: ServerResponse): void {
  const taskId = String(hit.message.params['taskId']);
  if (!server.forgotten.has(taskId)) {
    answerResult(hit, response, { resultType: 'complete', taskId, status: 'working', ...TIMES });
    return;
  }
  const error = { code: -32602, message: `Unknown task ${taskId}`, data: { taskId } };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: hit.message.id, error }));
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

function acknowledge({ message }: Hit, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const params = { _meta: { [SUBSCRIPTION]: message.id }, notifications: message.params['notifications'] };
  response.write(toEvent({ method: 'notifications/subscriptions/acknowledged', params }));
}

/** One event that tells of a task on a stream with the id 1. */
export function toTaskEvent(taskId: string, status: string): string {
  const params = { _meta: { [SUBSCRIPTION]: 1 }, taskId, status, ...TIMES };
  return toEvent({ method: 'notifications/tasks', params });
}

/** The graceful end of a stream with the id 1. */
export const STREAM_END = toEvent({ id: 1, result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 1 } } });
