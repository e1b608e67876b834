// `tollgate check`: checks the configuration and every file it names, one line for each error.

import { formatConfigError, loadConfig } from '../config/load-config.ts';
import type { Output } from '../output.ts';

export interface CheckSettings {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
}

/** Prints every error to `err` and returns 1, or one `ok` line to `out` and returns 0. */
export function runCheck({ configFile, env, out, err }: CheckSettings): number {
  const loaded = loadConfig(configFile, env);
  if (!loaded.ok) {
    for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
    return 1;
  }
  const { endpoints, upstreams, files, digest } = loaded.config;
  const counts = [
    count(endpoints.size, 'endpoint'),
    count(upstreams.size, 'upstream'),
    count(files.length, 'file'),
  ].join(', ');
  out.write(`ok ${configFile}: ${counts}, digest ${digest}\n`);
  return 0;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
