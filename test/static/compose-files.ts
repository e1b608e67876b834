// docker-compose.yml and the configuration of its gateway, read once for the tests of both.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../gateway/config/load-config.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
}
export type Services = Readonly<Record<string, Service>>;

export const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Services };

/** What compose makes of an environment when nobody sets anything. */
const environment = Object.fromEntries(
  Object.entries(services.gateway?.environment ?? {}).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'),
  ]),
);
const loaded = loadConfig(join(ROOT, 'deploy/compose/gateway.yaml'), environment);

export function getConfig() {
  assert.ok(loaded.ok, JSON.stringify('errors' in loaded && loaded.errors));
  return loaded.config;
}
