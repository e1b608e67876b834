// `tollgate test`: runs the policy tests beside a configuration, one line for each case that is not decided as it says.
import type { EndpointConfig } from '../config/endpoint-config.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { formatConfigError, loadConfig } from '../config/load-config.ts';
import { type PolicyCase, type PolicyTestFile, readPolicyTests } from '../config/read-policy-tests.ts';
import { escapeControls } from '../config/show-value.ts';
import type { Output } from '../output.ts';
import { sortNames } from './rehearsal-list.ts';
import { makeRehearsal, type Rehearse, type Verdict } from './rehearse.ts';

export interface TestSettings {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly out: Output;
  readonly err: Output;
}

/**
 * Prints faults and failed cases to `err` and a summary to `out`.
 *
 * @returns 1 when the configuration or a file of tests has a fault, or a case is not decided as it says; else 0, also where there
 *   is nothing to test, which it says
 */
export async function runTest({ configFile, env, nowMs, out, err }: TestSettings): Promise<number> {
  const loaded = loadConfig(configFile, env);
  if (!loaded.ok) {
    for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
    return 1;
  }
  const { config } = loaded;
  const { folder, files, errors } = readPolicyTests(configFile, config, env);
  for (const error of errors) err.write(`${formatConfigError(error)}\n`);
  if (files.length === 0 && errors.length === 0) {
    err.write(`nothing was tested: there are no policy tests in ${escapeControls(folder)}\n`);
    return 0;
  }
  const rehearse = makeRehearsal(config);
  let failed = 0;
  let all = 0;
  for (const file of files) {
    const stage = toStage(config, file, rehearse);
    for (const one of file.cases) {
      const faults = await runCase(one, stage, nowMs);
      all++;
      if (faults.length > 0) failed++;
      const place = `${file.file}:${one.line}:${one.column} ${one.name}`;
      for (const fault of faults) err.write(`${escapeControls(`${place}: ${fault}`)}\n`);
    }
  }
  const broken = errors.length === 0 ? '' : `, and files with faults, whose cases were not run`;
  out.write(
    `${failed === 0 ? 'ok' : 'failed'} ${configFile}: ${all - failed} of ${all} cases are decided as they say${broken}\n`,
  );
  return failed === 0 && errors.length === 0 ? 0 : 1;
}

interface Stage {
  readonly endpoint: EndpointConfig;
  readonly rehearse: Rehearse;
}

/** Stands in where rules are tried before any issuer is configured. */
const MADE_UP_ISSUER: GatewayConfig['identity']['issuers'][number] = {
  issuer: 'https://issuer.invalid',
  jwksUri: undefined,
  algorithms: [],
  tokenTypes: [],
  claims: { scopes: 'scope', groups: 'groups', client: 'client_id' },
  scopeImplies: new Map(),
};

/** Where a file brings rules of its own, the endpoint has those. */
function toStage(config: GatewayConfig, { endpoint: path, access }: PolicyTestFile, rehearse: Rehearse): Stage {
  const endpoint = config.endpoints.get(path) as EndpointConfig;
  if (access === undefined) return { endpoint, rehearse };
  const { identity } = config;
  const issuers = identity.issuers.length === 0 ? [MADE_UP_ISSUER] : identity.issuers;
  const tried = { ...endpoint, access };
  const trial = { ...config, identity: { ...identity, issuers }, endpoints: new Map([[path, tried]]) };
  return { endpoint: tried, rehearse: makeRehearsal(trial) };
}

async function runCase(
  one: PolicyCase,
  { endpoint, rehearse }: Stage,
  nowMs: () => number,
): Promise<readonly string[]> {
  const call = { ...one.call, nowMs: one.call.nowMs ?? nowMs() };
  const verdict = await rehearse(endpoint, one.caller, call);
  const faults: string[] = [];
  const wanted = sayExpected(one);
  const got = sayVerdict(verdict, one);
  if (wanted !== got)
    faults.push(`expected ${wanted}, got ${got}${verdict.outcome === 'refuse' ? '' : sayReason(verdict)}`);
  if (verdict.outcome === 'allow') {
    const { hidden } = sortNames(call.method, verdict.view, one.shows);
    const { shown } = sortNames(call.method, verdict.view, one.hides);
    if (hidden.length > 0) faults.push(`the list does not show ${hidden.join(', ')}`);
    if (shown.length > 0) faults.push(`the list shows ${shown.join(', ')}`);
  }
  const shadow = verdict.shadow?.rule ?? 'none';
  if (one.shadow !== undefined && one.shadow !== shadow) faults.push(`expected shadow ${one.shadow}, got ${shadow}`);
  return faults;
}

function sayExpected({ expect, rule, scopes }: PolicyCase): string {
  return `${expect}${rule === undefined ? '' : ` by ${rule}`}${sayScopes(scopes)}`;
}

/** In the same words, and as far as the case says something. */
function sayVerdict(verdict: Verdict, { expect, rule, scopes }: PolicyCase): string {
  if (verdict.outcome === 'refuse') return verdict.outcome === expect ? expect : `refuse (${verdict.refusal.kind})`;
  const isOther = verdict.outcome !== expect;
  const by = rule === undefined && !isOther ? '' : ` by ${verdict.rule}`;
  if (verdict.outcome !== 'challenge') return `${verdict.outcome}${by}`;
  return `${verdict.outcome}${by}${scopes === undefined && !isOther ? '' : sayScopes(verdict.scopes)}`;
}

function sayScopes(scopes: readonly string[] | undefined): string {
  return scopes === undefined || scopes.length === 0 ? '' : ` for ${[...new Set(scopes)].toSorted().join(' ')}`;
}

/** Such as a fault of the URI, which no rule would tell. */
function sayReason(verdict: Exclude<Verdict, { readonly outcome: 'refuse' }>): string {
  const reason = verdict.outcome === 'allow' ? undefined : verdict.refusal.detail.reason;
  return reason?.startsWith('uri_') === true ? ` (${reason})` : '';
}
