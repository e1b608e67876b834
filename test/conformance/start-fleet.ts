// Starts equal instances of the conformance server and passes what one publishes to the rest.
import type { StartedServer } from './start-server.ts';
import { startServer } from './start-server.ts';

/** `count` processes; subscribers on any of them hear of changes made on any other, but each keeps its tasks to itself. */
export async function startFleet(
  count: number,
  args: readonly string[],
  signal: AbortSignal,
): Promise<readonly StartedServer[]> {
  const starting = Array.from({ length: count }, () => startServer('conformance-server.ts', args, signal));
  const settled = await Promise.allSettled(starting);
  const instances = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (instances.length < count) {
    await Promise.all(instances.map((instance) => instance.stop()));
    throw new Error('the fleet did not start', { cause: settled.find(({ status }) => status === 'rejected') });
  }
  for (const { child: from } of instances) {
    from.process.on('message', (message) => {
      for (const { child: to } of instances) if (to !== from && to.process.connected) to.process.send(message);
    });
  }
  return instances;
}
