// One gateway that runs in this process.
import { type App, makeApp } from '../app.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { Log } from '../observe/log.ts';

export interface RunningApp {
  readonly app: App;
  readonly log: Log;
  /** Drains, closes everything and writes the log out. */
  stop(): Promise<void>;
}

/** Listens. Rejects when the port cannot be had. */
export async function startApp(config: GatewayConfig): Promise<RunningApp> {
  const log = new Log(config.telemetry.log);
  const app = makeApp(config, log);
  const { host, port } = await app.listen();
  log.pino.info({ host, port, config: config.digest }, 'listening');
  return {
    app,
    log,
    async stop() {
      log.pino.info('draining');
      const cut = await app.drain();
      log.pino.info({ cut }, 'stopped');
      log.flush();
    },
  };
}
