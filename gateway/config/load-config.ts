// Loads a configuration: the one door for those who start, check and reload.
import { type Loaded, readConfig } from './read-config.ts';

export { formatConfigError } from './config-error.ts';
export type { Loaded } from './read-config.ts';

/**
 * Loads and checks `file` and everything it names; `env` fills its variables.
 *
 * Never throws on bad input: all faults come back at once, in the order of the file.
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv): Loaded {
  return readConfig(file, env).loaded;
}
