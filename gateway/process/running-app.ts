// One gateway that runs in this process and follows its configuration file.
import { type App, makeApp } from '../app.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { formatConfigError, type Loaded } from '../config/load-config.ts';
import { type ConfigWatch, watchConfig } from '../config/watch-config.ts';
import { Log } from '../observe/log.ts';

export interface LoadedSettings {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly loaded: Loaded & { readonly ok: true };
}

export interface RunningApp {
  readonly app: App;
  readonly log: Log;
  readonly config: GatewayConfig;
  reload(): void;
  stop(): Promise<void>;
}

/** How often the files of the configuration are looked at. */
const WATCH_EVERY_MS = 2000;

/** Listens, then follows the configuration. Rejects when the port cannot be had. */
export async function startApp({ configFile, env, loaded }: LoadedSettings): Promise<RunningApp> {
  const { config } = loaded;
  const log = new Log(config.telemetry.log);
  const app = makeApp(config, log);
  const { host, port } = await app.listen();
  log.pino.info({ host, port, config: config.digest }, 'listening');
  // One change at a time: each is judged against what the one before it left in force.
  let applying: Promise<void> = Promise.resolve();
  const watch: ConfigWatch = watchConfig({
    file: configFile,
    env,
    intervalMs: WATCH_EVERY_MS,
    since: loaded,
    onChange(next) {
      applying = applying
        .then(() => applyChange(app, log, next))
        .catch((err: unknown) => log.pino.error({ err }, 'reload failed'));
    },
  });
  return {
    app,
    log,
    config,
    reload: () => watch.reload(),
    async stop() {
      watch.close();
      log.pino.info('draining');
      const cut = await app.drain();
      log.pino.info({ cut }, 'stopped');
      log.flush();
    },
  };
}

async function applyChange(app: App, log: Log, next: Loaded): Promise<void> {
  if (!next.ok) {
    app.metrics.countReload('rejected');
    log.pino.error({ errors: next.errors.map(formatConfigError) }, 'configuration kept: the new one has errors');
    return;
  }
  const fixed = await app.apply(next.config);
  if (fixed.length > 0) {
    app.metrics.countReload('rejected');
    log.pino.error({ keys: fixed }, 'configuration kept: these keys need a restart');
    return;
  }
  app.metrics.countReload('applied');
  log.pino.info({ config: next.config.digest }, 'configuration in force');
}
