// Reads and checks one configuration, and tells apart any two states of its files and variables.
import path from 'node:path';
import { checkValues } from './check-values.ts';
import { compileConfig } from './compile-config.ts';
import type { ConfigError } from './config-error.ts';
import { makeFileSet } from './file-set.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { MAX_YAML_BYTES, readYaml } from './read-yaml.ts';

/** The outcome of loading. On failure, `files` are those to watch for a repair. */
export type Loaded =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly errors: readonly ConfigError[]; readonly files: readonly string[] };

export interface ReadConfig {
  readonly loaded: Loaded;
  /** Equal for equal contents and variables, also of a configuration that failed. */
  readonly digest: string;
}

/** Reads `file` and all files it names. Never throws on their account: every fault is an error in the outcome. */
export function readConfig(file: string, env: NodeJS.ProcessEnv): ReadConfig {
  const files = makeFileSet(file);
  const variables = new Set<string>();
  const fail = (errors: readonly ConfigError[]): ReadConfig => ({
    loaded: { ok: false, errors, files: files.files() },
    digest: files.digest(variables, env),
  });

  const outcome = files.read(path.resolve(file), MAX_YAML_BYTES);
  if (!outcome.ok) return fail([{ file, line: 1, column: 1, path: '', message: `the file ${outcome.why}` }]);
  const read = readYaml(outcome.bytes, file, env);
  if ('errors' in read) return fail(read.errors);
  const { errors, checked, contents, ...more } = checkValues(read.yaml, files, env);
  for (const name of [...read.yaml.variables, ...more.variables]) variables.add(name);
  if (checked === undefined || errors.length > 0) return fail(errors);
  const digest = files.digest(variables, env);
  return { loaded: { ok: true, config: compileConfig(checked, contents, { digest, files: files.files() }) }, digest };
}
