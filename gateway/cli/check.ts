// `tollgate check`: checks the configuration and every file it names, one line for each error and each rule that cannot matter.
import type { GatewayConfig } from '../config/gateway-config.ts';
import { formatConfigError, loadConfig } from '../config/load-config.ts';
import { findCounting } from '../config/read-caller.ts';
import { escapeControls } from '../config/show-value.ts';
import type { Output } from '../output.ts';
import { findDeadRules } from '../policy/check-rules.ts';

export interface CheckSettings {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
}

/**
 * Prints every error to `err` and returns 1, or one `ok` line to `out` and returns 0. Warnings about rules that can never matter go
 * to `err` and change nothing.
 */
export function runCheck(settings: CheckSettings): number {
  return checkConfig(settings) === undefined ? 1 : 0;
}

/** The same. @returns the configuration when it has no error */
export function checkConfig({ configFile, env, out, err }: CheckSettings): GatewayConfig | undefined {
  const loaded = loadConfig(configFile, env);
  if (!loaded.ok) {
    for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
    return undefined;
  }
  const { endpoints, upstreams, files, digest } = loaded.config;
  const counts = [
    count(endpoints.size, 'endpoint'),
    count(upstreams.size, 'upstream'),
    count(files.length, 'file'),
  ].join(', ');
  out.write(`ok ${configFile}: ${counts}, digest ${digest}\n`);
  for (const warning of findWarnings(loaded.config)) err.write(`${escapeControls(`warning: ${warning}`)}\n`);
  return loaded.config;
}

function* findWarnings({ endpoints, identity }: GatewayConfig): Generator<string> {
  for (const endpoint of endpoints.values()) {
    const issuers = findCounting(identity.issuers, endpoint).map(({ issuer }) => issuer);
    for (const { id, why } of findDeadRules(endpoint.access ?? [], { issuers })) {
      yield `endpoints.${endpoint.path}: the rule ${id} can never matter: ${why}`;
    }
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
