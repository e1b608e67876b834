// Runs the gateway and its admin listener in one process.

import { makeAdminApp } from '../edge/admin-app.ts';
import { toPort } from '../edge/mcp-server.ts';
import { type LoadedSettings, startApp } from './running-app.ts';
import { onSignals } from './signals.ts';

export interface Single {
  reload(): void;
  stop(): Promise<void>;
}

/** Rejects when a port cannot be had. */
export async function startSingle(settings: LoadedSettings): Promise<Single> {
  const running = await startApp(settings);
  const { registry } = running.app.metrics;
  const admin = makeAdminApp({
    checks: () => running.app.checks(),
    metricsContentType: registry.contentType,
    scrape: () => registry.metrics(),
  });
  const { host, port } = running.config.admin;
  await admin.listen({ host, port });
  running.log.pino.info({ host, port: toPort(admin.server) }, 'admin listening');
  return {
    reload: () => running.reload(),
    async stop() {
      // Readiness is asked until the last moment.
      await running.stop();
      await admin.close();
    },
  };
}

/** @returns the exit code once a signal has ended the gateway */
export async function runSingle(settings: LoadedSettings): Promise<number> {
  const single = await startSingle(settings);
  await new Promise<void>((resolve) => {
    onSignals({ onStop: resolve, onReload: () => single.reload() });
  });
  await single.stop();
  return 0;
}
