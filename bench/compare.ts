// Measures every server in turn, several times over, so that a busy moment of the machine falls on all of them.
import type { LoadAnswer, LoadOrder, LoadResult } from './load-order.ts';
import type { Server } from './servers.ts';
import type { Child } from './start-process.ts';

export interface CompareOptions {
  readonly servers: ReadonlyMap<string, Server>;
  readonly generator: Child;
  readonly repetitions: number;
  readonly measureMs: number;
  readonly connections: number;
  readonly onRow: (repetition: number, name: string, result: LoadResult) => void;
}

const FIRST_WARM_MS = 2000;
const WARM_MS = 700;

/** @returns the results of each server, one for each repetition */
export async function compare(options: CompareOptions): Promise<ReadonlyMap<string, readonly LoadResult[]>> {
  const { servers, generator, repetitions, connections } = options;
  const names = [...servers.keys()];
  const results = new Map<string, LoadResult[]>(names.map((name) => [name, []]));
  // A short first round, not counted, lets every server be compiled.
  const warmMs = Math.min(FIRST_WARM_MS, options.measureMs);
  for (const server of servers.values()) await measure(generator, toOrder(server, connections, warmMs, 100));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (let i = 0; i < names.length; i++) {
      // Each repetition begins with another server.
      const name = names[(i + repetition) % names.length] as string;
      const server = servers.get(name) as Server;
      const result = await measure(generator, toOrder(server, connections, WARM_MS, options.measureMs));
      results.get(name)?.push(result);
      options.onRow(repetition, name, result);
    }
  }
  return results;
}

/** Runs one order on the load generator. */
export async function measure(generator: Child, order: LoadOrder): Promise<LoadResult> {
  const answered = generator.waitForMessage() as Promise<LoadAnswer>;
  generator.process.send(order);
  const answer = await answered;
  if ('failed' in answer) throw new Error(`the load on port ${order.port} failed: ${answer.failed}`);
  return answer.result;
}

function toOrder({ port, pids }: Server, connections: number, warmMs: number, measureMs: number): LoadOrder {
  return { port, pids, connections, warmMs, measureMs };
}
