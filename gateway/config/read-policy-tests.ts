// Reads the policy tests beside a configuration, and tells their faults at their own lines.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { ParamValue } from '../exchange.ts';
import { type ConfigError, type Source, toConfigErrors } from './config-error.ts';
import type { AccessRule } from './endpoint-config.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { findLocated, type Located } from './located.ts';
import type { Place } from './parse-yaml.ts';
import type { Path, Problem } from './problem.ts';
import { type Caller, findCounting, toCaller } from './read-caller.ts';
import { readFile } from './read-file.ts';
import { readTrialAccess } from './read-trial-access.ts';
import { MAX_YAML_BYTES, readYaml } from './read-yaml.ts';
import { type CheckedCase, POLICY_TESTS } from './shape/policy-tests.ts';
import { listNames } from './show-value.ts';
import { toJsonText } from './to-json-text.ts';
import { toProblems } from './to-problems.ts';

export interface PolicyCase extends Place {
  readonly name: string;
  readonly caller: Caller;
  readonly call: {
    readonly method: string;
    readonly name: string | undefined;
    /** JSON text of an object. */
    readonly args: string;
    /** By lower-case name. */
    readonly params: ReadonlyMap<string, ParamValue>;
    /** Milliseconds since 1970; undefined: now. */
    readonly nowMs: number | undefined;
  };
  readonly expect: CheckedCase['expect'];
  readonly rule: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly shows: readonly string[];
  readonly hides: readonly string[];
  /** A rule's id, or `none`. */
  readonly shadow: string | undefined;
}

export interface PolicyTestFile {
  /** As people would write it. */
  readonly file: string;
  readonly endpoint: string;
  /** Rules to try in place of those of the endpoint. */
  readonly access: readonly AccessRule[] | undefined;
  readonly cases: readonly PolicyCase[];
}

export interface PolicyTests {
  /** The folder that was looked at. */
  readonly folder: string;
  /** In the order of their names; those with faults are left out. */
  readonly files: readonly PolicyTestFile[];
  readonly errors: readonly ConfigError[];
}

/** Reads `tests/*.yaml` beside `configFile`, which `config` was loaded from. Never throws on their account. */
export function readPolicyTests(configFile: string, config: GatewayConfig, env: NodeJS.ProcessEnv): PolicyTests {
  const folder = path.join(path.dirname(configFile), 'tests');
  const files: PolicyTestFile[] = [];
  const errors: ConfigError[] = [];
  const names = listFiles(folder);
  if (names === undefined) errors.push(toWhole(folder, 'the folder cannot be read'));
  for (const name of names ?? []) {
    const read = readOne(path.join(folder, name), config, env);
    if ('errors' in read) errors.push(...read.errors);
    else files.push(read);
  }
  return { folder, files, errors };
}

/** Undefined for a folder that is there and cannot be read; hidden files are not for us. */
function listFiles(folder: string): readonly string[] | undefined {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .toSorted();
  } catch {
    return undefined;
  }
}

/** An error about a file as a whole. */
function toWhole(file: string, message: string): ConfigError {
  return { file, line: 1, column: 1, path: '', message };
}

type Read = PolicyTestFile | { readonly errors: readonly ConfigError[] };

function readOne(file: string, config: GatewayConfig, env: NodeJS.ProcessEnv): Read {
  const outcome = readFile(file, MAX_YAML_BYTES);
  if (!outcome.ok) return { errors: [toWhole(file, `the file ${outcome.why}`)] };
  const read = readYaml(outcome.bytes, file, env);
  if ('errors' in read) return read;
  const { source, problems: found } = read.yaml;
  const { root } = source;
  const fitted = POLICY_TESTS.safeParse(root.value);
  const trial = root.children.has('access') ? readTrialAccess(source, env) : undefined;
  const cases = [...(root.children.get('cases')?.children ?? [])].map(([index, node]) => toPlaced(node, index));
  const problems = [
    ...found,
    ...toProblems(fitted.error?.issues ?? [], (at) => findLocated(root, at).complete),
    ...checkEndpoint(root.children.get('endpoint'), config),
    ...cases.flatMap(({ problems }) => problems),
    ...cases.flatMap(({ node, at }) => checkIssuer(node, at, config, root.children.get('endpoint')?.value)),
    ...(trial?.problems ?? []),
  ];
  const errors = [...toConfigErrors(problems, source), ...(trial?.errors ?? [])];
  if (errors.length > 0 || !fitted.success) return { errors };
  const { endpoint, cases: checked } = fitted.data;
  return {
    file,
    endpoint,
    access: trial?.rules,
    cases: checked.map((one, index) => toCase(one, cases[index]?.args ?? '{}', toPlace(source, cases[index]?.node))),
  };
}

interface PlacedCase {
  readonly node: Located;
  readonly at: Path;
  /** JSON text. */
  readonly args: string;
  readonly problems: readonly Problem[];
}

function toPlaced(node: Located, index: string | number): PlacedCase {
  const at = ['cases', index];
  const args = node.children.get('call')?.children.get('args');
  const { text, problems } =
    args === undefined ? { text: '{}', problems: [] } : toJsonText(args, [...at, 'call', 'args']);
  return { node, at, args: text, problems };
}

function toPlace({ root, toPlace }: Source, node: Located | undefined): Place {
  return toPlace((node?.children.get('name') ?? node ?? root).at);
}

function checkEndpoint(node: Located | undefined, { endpoints }: GatewayConfig): readonly Problem[] {
  if (typeof node?.value !== 'string' || endpoints.has(node.value)) return [];
  const known = listNames([...endpoints.keys()]);
  return [{ path: ['endpoint'], say: (found) => `names no endpoint ${found}; expected one of ${known}` }];
}

function checkIssuer(
  one: Located,
  at: Path,
  { identity, endpoints }: GatewayConfig,
  endpoint: unknown,
): readonly Problem[] {
  const issuer = one.children.get('as')?.children.get('issuer')?.value;
  const known = typeof endpoint === 'string' ? endpoints.get(endpoint) : undefined;
  if (typeof issuer !== 'string' || known === undefined) return [];
  if (identity.issuers.some((each) => each.issuer === issuer)) return [];
  const offers = listNames(findCounting(identity.issuers, known).map((each) => each.issuer));
  const words = offers === '' ? '`identity.issuers` names none' : `expected one of ${offers}`;
  return [{ path: [...at, 'as', 'issuer'], say: (found) => `names no issuer ${found}; ${words}` }];
}

function toCase({ as, call, ...one }: CheckedCase, args: string, { line, column }: Place): PolicyCase {
  const { method, name, params = new Map<string, ParamValue>(), now } = call;
  return {
    line,
    column,
    name: one.name,
    caller: toCaller(as),
    call: {
      method,
      name,
      args,
      params,
      nowMs: now === undefined ? undefined : Date.parse(now),
    },
    expect: one.expect,
    rule: one.rule,
    scopes: one.scopes,
    shows: one.shows ?? [],
    hides: one.hides ?? [],
    shadow: one.shadow,
  };
}
