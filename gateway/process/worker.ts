// Runs one of several gateway processes that share a port; the primary speaks for them on the admin listener.
import { exposeToPrimary } from '../observe/metrics.ts';
import { isToWorker, type ToPrimary } from './messages.ts';
import { type LoadedSettings, startApp } from './running-app.ts';

/** @returns the exit code once the primary has asked for a drain, or is gone */
export async function runWorker(settings: LoadedSettings): Promise<number> {
  const running = await startApp(settings);
  exposeToPrimary(running.app.metrics.registry);
  // The terminal sends its signals to every process of the group; only the primary acts on them.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  const told = new Promise<void>((resolve) => {
    process.on('disconnect', resolve);
    process.on('message', (message: unknown) => {
      if (!isToWorker(message)) return;
      if (message.tollgate === 'drain') resolve();
      else if (message.tollgate === 'reload') running.reload();
      else tell({ tollgate: 'checks', ask: message.ask, checks: running.app.checks() });
    });
  });
  tell({ tollgate: 'listening' });
  await told;
  await running.stop();
  return 0;
}

function tell(message: ToPrimary): void {
  process.send?.(message);
}
