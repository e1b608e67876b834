// A directory with configuration files that is gone when the test is over.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';

/** Enough of a configuration but for who may call; tests put more before or behind it. */
export const LEAST_CLOSED =
  'upstreams: { a: { instances: [http://127.0.0.1:3001/mcp] } }\nendpoints:\n  /mcp: { upstream: a }\n';

/** Canonical base64 of 32 bytes that are no secret. */
export const SEALING_SECRET = Buffer.alloc(32, 7).toString('base64');

/** What several workers need. */
export const KEYS = `sealing: { keys: [{ id: k1, secret: ${SEALING_SECRET} }] }\n`;

/** The same, open to anyone. */
export const LEAST = `identity: { anonymous: true }\n${LEAST_CLOSED}`;

export interface ConfigDir {
  readonly file: string;
  readonly write: (name: string, contents: string | Buffer) => string;
  /** Replaces gateway.yaml and loads it; throws the errors, one a line, when it is refused. */
  readonly load: (yaml: string, env?: NodeJS.ProcessEnv) => GatewayConfig;
  /** Replaces gateway.yaml and returns its errors, each as `line:column path: message`. */
  readonly refuse: (yaml: string | Buffer, env?: NodeJS.ProcessEnv) => string[];
}

export function makeConfigDir(t: TestContext): ConfigDir {
  const directory = mkdtempSync(path.join(tmpdir(), 'tollgate-config-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'gateway.yaml');

  function write(name: string, contents: string | Buffer): string {
    const target = path.join(directory, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, contents);
    return target;
  }

  function refuse(yaml: string | Buffer, env: NodeJS.ProcessEnv = {}): string[] {
    write('gateway.yaml', yaml);
    const loaded = loadConfig(file, env);
    return loaded.ok ? [] : loaded.errors.map((error) => formatConfigError(error).slice(file.length + 1));
  }

  function load(yaml: string, env: NodeJS.ProcessEnv = {}): GatewayConfig {
    write('gateway.yaml', yaml);
    const loaded = loadConfig(file, env);
    if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
    return loaded.config;
  }

  return { file, write, load, refuse };
}
