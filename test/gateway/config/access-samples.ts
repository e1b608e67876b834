// Configurations with access files, and their errors.
import path from 'node:path';
import { formatConfigError, loadConfig } from '../../../gateway/config/load-config.ts';
import { type ConfigDir, LEAST } from './make-config-dir.ts';

/** The least configuration, with these access files. */
export const withAccess = (...names: string[]): string =>
  LEAST.replace('upstream: a', `upstream: a, access: [${names.join(', ')}]`);
/** A rule without which an endpoint is refused. */
export const ALLOW = '  - { id: open, allow: { tools: ["*"] }, to: { everyone: true } }\n';

/** Errors as `file:line:column path: message`, files relative to the directory. */
export function refuseFiles(dir: ConfigDir, yaml: string, env: NodeJS.ProcessEnv = {}): string[] {
  const loaded = loadConfig(dir.write('gateway.yaml', yaml), env);
  const base = `${path.dirname(dir.file)}/`;
  return loaded.ok ? [] : loaded.errors.map((error) => formatConfigError(error).replaceAll(base, ''));
}
