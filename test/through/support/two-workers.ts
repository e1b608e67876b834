// Starts a gateway of two workers before an upstream that can hold calls back, and tells its processes.
import type { TestContext } from 'node:test';
import { answerResult, type FakeUpstream, toEvent } from '../../support/fake-upstream.ts';
import { type ChildGateway, startChildGateway, toConfig } from './child-gateway.ts';
import { startUpstream } from './start.ts';
import { until } from './until.ts';

export interface Started {
  readonly gateway: ChildGateway;
  readonly upstream: FakeUpstream;
  /** Answers the calls of the tool `held`. */
  readonly release: () => void;
}

/** Workers must share their keys. */
export const SEALING = { keys: [{ id: 'k1', secret: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' }] };

export async function startTwoWorkers(t: TestContext, changes: object = {}): Promise<Started> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, async (hit, response) => {
    if (hit.message.method === 'subscriptions/listen') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } }));
      return;
    }
    if (hit.message.params.name === 'held') await released;
    answerResult(hit, response);
  });
  const gateway = await startChildGateway(t, toConfig([upstream.url], { workers: 2, sealing: SEALING, ...changes }));
  await until('both workers serve', async () => (await readWorkers(gateway)).length === 2);
  return { gateway, upstream, release };
}

/** Process ids of the workers that answer. */
export async function readWorkers(gateway: ChildGateway): Promise<number[]> {
  const { text } = await gateway.ask('/readyz?verbose');
  return [...text.matchAll(/worker (\d+): listening/g)].map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const untilGone = (pids: readonly number[]): Promise<void> =>
  until('no process is left', () => !pids.some(isAlive), 3_000);
