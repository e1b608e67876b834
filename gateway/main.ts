// Starts the gateway: reads the configuration, listens, follows changes, and drains on SIGTERM.
import cluster from 'node:cluster';
import { formatConfigError, loadConfig } from './config/load-config.ts';
import type { Output } from './output.ts';
import { runPrimary } from './process/primary.ts';
import { runSingle } from './process/single.ts';
import { runWorker } from './process/worker.ts';

export interface ServeSettings {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
}

/**
 * Serves until a signal ends it.
 *
 * @returns the exit code: 0 after a drain, 1 when the configuration is not good or a port cannot be had
 */
export async function serve({ configFile, env, err }: ServeSettings): Promise<number> {
  if (cluster.isWorker) return runWorker();
  const loaded = loadConfig(configFile, env);
  if (!loaded.ok) {
    for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
    return 1;
  }
  const settings = { configFile, env, loaded };
  try {
    return await (loaded.config.workers > 1 ? runPrimary(settings) : runSingle(settings));
  } catch (error) {
    err.write(`tollgate: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
