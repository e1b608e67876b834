// Follows the configuration file: a good change is put in force as a whole, a bad one is named and the old one kept.
import type { GatewayConfig } from '../config/gateway-config.ts';
import { formatConfigError, type Loaded } from '../config/load-config.ts';
import { findRestartOnlyChanges } from '../config/restart-only.ts';
import { type ConfigWatch, watchConfig } from '../config/watch-config.ts';
import type { Log } from '../observe/log.ts';

/** Where a gateway's configuration comes from. */
export interface ConfigFile {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly loaded: Loaded & { readonly ok: true };
}

export interface FollowDeps {
  readonly log: Log;
  /** Puts a checked configuration in force. */
  readonly apply: (next: GatewayConfig) => void | Promise<void>;
  readonly onOutcome: (outcome: 'applied' | 'rejected') => void;
}

/** How often the files of the configuration are looked at. */
const WATCH_EVERY_MS = 2000;

export function followConfig({ configFile, env, loaded }: ConfigFile, deps: FollowDeps): ConfigWatch {
  const { log } = deps;
  let inForce = loaded.config;
  // One change at a time: each is judged against what the one before it left in force.
  let applying: Promise<void> = Promise.resolve();

  async function take(next: Loaded): Promise<void> {
    if (!next.ok) {
      log.pino.error({ errors: next.errors.map(formatConfigError) }, 'configuration kept: the new one has errors');
      deps.onOutcome('rejected');
      return;
    }
    const fixed = findRestartOnlyChanges(inForce, next.config);
    if (fixed.length > 0) {
      log.pino.error({ keys: fixed }, 'configuration kept: these keys need a restart');
      deps.onOutcome('rejected');
      return;
    }
    try {
      await deps.apply(next.config);
    } catch (err) {
      log.pino.error({ err }, 'configuration kept: the new one could not be put in force');
      deps.onOutcome('rejected');
      return;
    }
    inForce = next.config;
    log.pino.info({ config: inForce.digest }, 'configuration in force');
    deps.onOutcome('applied');
  }

  return watchConfig({
    file: configFile,
    env,
    intervalMs: WATCH_EVERY_MS,
    since: loaded,
    onChange(next) {
      applying = applying.then(() => take(next)).catch((err: unknown) => log.pino.error({ err }, 'reload failed'));
    },
  });
}
