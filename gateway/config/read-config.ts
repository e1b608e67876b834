// Reads and checks one configuration, and tells apart any two states of its files and variables.
import path from 'node:path';
import { checkListeners, checkReferences } from './check-references.ts';
import { compileConfig, type TlsFiles } from './compile-config.ts';
import { type ConfigError, toConfigErrors } from './config-error.ts';
import { type FileSet, makeFileSet } from './file-set.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { locateNodes } from './locate-nodes.ts';
import { findLocated, type Located } from './located.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Problem } from './problem.ts';
import { readTls, type TlsContents } from './read-tls.ts';
import { type Checked, GATEWAY } from './shape/gateway.ts';
import { toProblems } from './to-problems.ts';

/** The outcome of loading. On failure, `files` are those to watch for a repair. */
export type Loaded =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly errors: readonly ConfigError[]; readonly files: readonly string[] };

export interface ReadConfig {
  readonly loaded: Loaded;
  /** Equal for equal contents and variables, also of a configuration that failed. */
  readonly digest: string;
}

const MAX_CONFIG_BYTES = 4 * 2 ** 20;

/** Reads `file` and all files it names. Never throws on their account: every fault is an error in the outcome. */
export function readConfig(file: string, env: NodeJS.ProcessEnv): ReadConfig {
  const files = makeFileSet(file);
  let variables: ReadonlySet<string> = new Set();
  const fail = (errors: readonly ConfigError[]): ReadConfig => ({
    loaded: { ok: false, errors, files: files.files() },
    digest: files.digest(variables, env),
  });

  const outcome = files.read(path.resolve(file), MAX_CONFIG_BYTES);
  if (!outcome.ok) return fail([{ file, line: 1, column: 1, path: '', message: `the file ${outcome.why}` }]);
  const { contents, faults, toPlace } = parseYaml(outcome.bytes);
  if (faults.length > 0) {
    return fail(faults.map(({ at, message }) => Object.assign({ file, path: '', message }, toPlace(at))));
  }
  const located = locateNodes(contents, env);
  variables = located.variables;
  const { problems, checked, tls } = checkValues(located.root, files);
  const all = [...located.problems, ...problems];
  if (checked === undefined || all.length > 0) return fail(toConfigErrors(all, { file, root: located.root, toPlace }));
  const digest = files.digest(variables, env);
  return { loaded: { ok: true, config: compileConfig(checked, tls, { digest, files: files.files() }) }, digest };
}

/** Checks as much as can be checked, whatever else is wrong. `checked` is there when the shape fits. */
function checkValues(root: Located, files: FileSet): { problems: Problem[]; checked?: Checked; tls: TlsFiles } {
  const fitted = GATEWAY.safeParse(root.value);
  const problems = toProblems(fitted.error?.issues ?? [], (path) => findLocated(root, path).complete);
  const sections: Sections = fitted.data ?? findSections(root);
  problems.push(...checkReferences(root), ...checkListeners(sections));
  const upstreams = new Map<string, TlsContents>();
  const listen = sections.listen?.tls && readTls(sections.listen.tls, ['listen', 'tls'], files);
  problems.push(...(listen?.problems ?? []));
  for (const [name, { tls }] of sections.upstreams ?? []) {
    if (tls === undefined) continue;
    const read = readTls(tls, ['upstreams', name, 'tls'], files);
    problems.push(...read.problems);
    upstreams.set(name, read.contents);
  }
  return { problems, ...(fitted.data && { checked: fitted.data }), tls: { listen: listen?.contents, upstreams } };
}

type Sections = { readonly [K in 'listen' | 'admin' | 'upstreams']?: Checked[K] | undefined };

/** Those sections that fit on their own, when the whole does not. */
function findSections(root: Located): Sections {
  const { listen, admin, upstreams } = GATEWAY.shape;
  const raw = (name: string): unknown => root.children.get(name)?.value;
  return {
    listen: listen.safeParse(raw('listen')).data,
    admin: admin.safeParse(raw('admin')).data,
    upstreams: upstreams.safeParse(raw('upstreams')).data,
  };
}
