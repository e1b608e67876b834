// Runs the gateway and its admin listener in one process.
import { makeAdminApp } from '../edge/admin-app.ts';
import { toPort } from '../edge/mcp-server.ts';
import { type ConfigFile, followConfig } from './follow-config.ts';
import { startApp } from './running-app.ts';
import { onSignals } from './signals.ts';

export interface Single {
  readonly started: Promise<void>;
  readonly reload: () => void;
  readonly reopen: () => void;
  readonly stop: () => Promise<void>;
}

/** The admin listener is there first, so that it can be seen what the gateway waits for. Rejects when its port cannot be had. */
export async function startSingle(file: ConfigFile): Promise<Single> {
  const { config } = file.loaded;
  const { app, log, started, stop } = startApp(config);
  // Whoever waits for it hears of a failure; until then it is no unhandled one.
  started.catch(() => {});
  const admin = makeAdminApp({
    checks: () => app.checks(),
    scrape: (accept) => app.metrics.render(accept),
    assertionKeys: () => app.assertionKeys(),
  });
  await admin.listen({ host: config.admin.host, port: config.admin.port });
  log.pino.info({ host: config.admin.host, port: toPort(admin.server) }, 'admin listening');
  const watch = followConfig(file, {
    log,
    apply: (next) => app.apply(next),
    onOutcome: (outcome) => app.metrics.countReload(outcome),
  });
  return {
    started,
    reload: () => watch.reload(),
    reopen: () => app.reopenAudit(),
    async stop() {
      watch.close();
      // Readiness is asked until the last moment.
      await stop();
      await admin.close();
    },
  };
}

/** @returns the exit code once a signal has ended the gateway */
export async function runSingle(file: ConfigFile): Promise<number> {
  let running: Single | undefined;
  const stopped = new Promise<void>((resolve) => {
    onSignals({ onStop: resolve, onReload: () => running?.reload(), onReopen: () => running?.reopen() });
  });
  const single = await startSingle(file);
  running = single;
  try {
    await Promise.race([single.started, stopped]);
    await stopped;
  } finally {
    await single.stop();
  }
  return 0;
}
