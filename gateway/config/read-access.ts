// Reads the access files that endpoints name, each once, and tells their faults at their own lines.
import path from 'node:path';
import { makeNoRule } from './check-callers.ts';
import type { IssuerCheck } from './check-issuers.ts';
import { checkWhen } from './check-when.ts';
import { compileRule } from './compile-rule.ts';
import { type ConfigError, type Source, toConfigErrors } from './config-error.ts';
import type { AccessRule } from './endpoint-config.ts';
import type { FileSet } from './file-set.ts';
import { findLocated, type Located } from './located.ts';
import type { Path, Problem } from './problem.ts';
import { MAX_YAML_BYTES, readYaml } from './read-yaml.ts';
import { ACCESS, MAX_WHEN } from './shape/access.ts';
import { toProblems } from './to-problems.ts';

export interface AccessSurroundings {
  /** `gateway.yaml`. */
  readonly source: Source;
  readonly files: FileSet;
  readonly env: NodeJS.ProcessEnv;
  readonly issuers: IssuerCheck;
}

export interface AccessRead {
  /** Rules by endpoint, in the order of files. */
  readonly access: ReadonlyMap<string, readonly AccessRule[]>;
  /** Faults of `gateway.yaml`. */
  readonly problems: readonly Problem[];
  /** Faults of the access files. */
  readonly errors: readonly ConfigError[];
  readonly variables: ReadonlySet<string>;
}

interface AccessFile {
  readonly source: Source;
  readonly problems: Problem[];
  /** Empty unless the whole file fits. */
  readonly rules: readonly AccessRule[];
}

/** Reads what `endpoints` names, also when other keys were refused. */
export function readAccess(around: AccessSurroundings): AccessRead {
  const problems: Problem[] = [];
  const access = new Map<string, readonly AccessRule[]>();
  const library = makeLibrary(around);
  for (const [name, endpoint] of around.source.root.children.get('endpoints')?.children ?? []) {
    const list = endpoint.children.get('access');
    const at = ['endpoints', name, 'access'];
    const found: (AccessFile | undefined)[] = [];
    const earlier = new Map<string, string | number>();
    for (const [index, node] of list?.children ?? []) {
      if (typeof node.value !== 'string' || node.value === '' || node.broken) continue;
      const full = around.files.toPath(node.value);
      const twice = earlier.get(full);
      if (twice !== undefined) {
        problems.push({ path: [...at, index], say: () => `expected each file once; this one is [${twice}] again` });
        continue;
      }
      earlier.set(full, index);
      found.push(
        library.open(node, (why) => problems.push({ path: [...at, index], say: (text) => `${why}: ${text}` })),
      );
    }
    const sound = found.filter((file) => file !== undefined);
    checkIds(sound);
    const rules = sound.flatMap((file) => file.rules);
    const whole = found.length > 0 && found.every((file) => file !== undefined && file.problems.length === 0);
    if (whole && !rules.some(({ effect, mode }) => effect === 'allow' && mode === 'enforce')) {
      const shadows = rules.some(({ mode }) => mode === 'shadow');
      problems.push(makeNoRule(at, `these files only deny${shadows ? ', or are in shadow' : ''}`));
    }
    access.set(String(name), rules);
  }
  return { access, problems, ...library.close() };
}

/** Every file once, whatever number of endpoints name it. */
function makeLibrary({ source, files, env, issuers }: AccessSurroundings) {
  const opened = new Map<string, AccessFile | undefined>();
  const errors: ConfigError[] = [];
  const variables = new Set<string>();

  function open(node: Located, fail: (why: string) => void): AccessFile | undefined {
    const name = String(node.value);
    const outcome = files.read(name, MAX_YAML_BYTES);
    if (!outcome.ok) {
      fail(`the file ${outcome.why}`);
      return undefined;
    }
    const full = files.toPath(name);
    if (!opened.has(full)) opened.set(full, read(outcome.bytes, toLabel(node)));
    return opened.get(full);
  }

  /** As the user would write it; what the environment gave is not repeated. */
  function toLabel({ value, source: written, fromEnvironment }: Located): string {
    const name = fromEnvironment ? (written ?? '') : String(value);
    return path.isAbsolute(name) ? name : path.join(path.dirname(source.file), name);
  }

  function read(bytes: Buffer, label: string): AccessFile | undefined {
    const outcome = readYaml(bytes, label, env);
    if ('errors' in outcome) {
      errors.push(...outcome.errors);
      return undefined;
    }
    const { yaml } = outcome;
    for (const variable of yaml.variables) variables.add(variable);
    const { root } = yaml.source;
    const fitted = ACCESS.safeParse(root.value);
    const problems = [
      ...yaml.problems,
      ...toProblems(fitted.error?.issues ?? [], (at) => findLocated(root, at).complete),
      ...listRules(root).flatMap(({ rule, at }) => [
        ...issuers.checkGrant(rule.children.get('to'), [...at, 'to']),
        ...checkWhen(rule.children.get('when'), [...at, 'when'], MAX_WHEN),
      ]),
    ];
    const { rules = [], mode = 'enforce' } = fitted.data ?? {};
    return { source: yaml.source, problems, rules: rules.map((rule) => compileRule(rule, mode)) };
  }

  function close(): Pick<AccessRead, 'errors' | 'variables'> {
    for (const file of opened.values()) {
      if (file !== undefined) errors.push(...toConfigErrors(file.problems, file.source));
    }
    return { errors, variables };
  }

  return { open, close };
}

/** Ids are unique over all files of an endpoint. */
function checkIds(files: readonly AccessFile[]): void {
  const places = new Map<unknown, string>();
  for (const { source, problems } of files) {
    for (const { rule, at } of listRules(source.root)) {
      const id = rule.children.get('id');
      if (typeof id?.value !== 'string') continue;
      const earlier = places.get(id.value);
      const place = `${source.file}:${source.toPlace(id.at).line}`;
      if (earlier === undefined) places.set(id.value, place);
      else problems.push({ path: [...at, 'id'], say: (found) => `${found} is the id of the rule at ${earlier} too` });
    }
  }
}

function listRules(root: Located): { rule: Located; at: Path }[] {
  return [...(root.children.get('rules')?.children ?? [])].map(([index, rule]) => ({ rule, at: ['rules', index] }));
}
