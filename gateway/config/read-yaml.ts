// Reads one YAML file of the configuration up to located values, whatever its shape will be.
import type { ConfigError, Source } from './config-error.ts';
import { locateNodes } from './locate-nodes.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Problem } from './problem.ts';

/** A reload is synchronous, so this bounds how long it can take. */
export const MAX_YAML_BYTES = 2 ** 20;

export interface LocatedYaml {
  readonly source: Source;
  readonly problems: readonly Problem[];
  /** Environment variables that were looked up. */
  readonly variables: ReadonlySet<string>;
}

/** Parses bytes; `file` is how errors name them. The errors of a text that is no YAML come alone. */
export function readYaml(
  bytes: Buffer,
  file: string,
  env: NodeJS.ProcessEnv,
): { readonly yaml: LocatedYaml } | { readonly errors: readonly ConfigError[] } {
  const { contents, faults, toPlace } = parseYaml(bytes);
  if (faults.length > 0) {
    return { errors: faults.map(({ at, message }) => Object.assign({ file, path: '', message }, toPlace(at))) };
  }
  const { root, problems, variables } = locateNodes(contents, env);
  return { yaml: { source: { file, root, toPlace }, problems, variables } };
}
