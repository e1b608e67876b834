// One gateway that runs in this process.
import { type App, makeApp } from '../app.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { Log } from '../observe/log.ts';

export interface RunningApp {
  readonly app: App;
  readonly log: Log;
  /** Resolves when clients can call, which may wait for keys; rejects when the port cannot be had or keys are missing. */
  readonly started: Promise<void>;
  /** Drains, closes everything and writes the log out; also one that has not started yet. */
  readonly stop: () => Promise<void>;
}

/** @param worker which of the processes that share the port this is, from 1 */
export function startApp(config: GatewayConfig, worker = 1): RunningApp {
  const log = new Log(config.telemetry.log);
  const app = makeApp(config, log, worker);
  return {
    app,
    log,
    started: app.listen().then((address) => {
      if (address !== undefined) log.pino.info({ ...address, config: config.digest }, 'listening');
    }),
    async stop() {
      log.pino.info('draining');
      const cut = await app.drain();
      log.pino.info({ cut }, 'stopped');
      log.flush();
    },
  };
}
