// `tollgate explain`: judges one made-up call, and says of each rule what it lacked.
import type { EndpointConfig } from '../config/endpoint-config.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { formatConfigError, loadConfig } from '../config/load-config.ts';
import { toPolicyDigest } from '../config/policy-digest.ts';
import { escapeControls } from '../config/show-value.ts';
import type { Principal } from '../exchange.ts';
import type { Output } from '../output.ts';
import { type ExplainedRule, explainDecision } from '../policy/explain.ts';
import type { ShadowDifference } from '../policy/shadow.ts';
import { type ExplainArguments, readExplainArguments } from './explain-arguments.ts';
import { toSubject } from './rehearsal-subject.ts';
import { makeRehearsal, type Verdict } from './rehearse.ts';

export interface ExplainSettings extends ExplainArguments {
  readonly configFile: string;
  /** Undefined: the only endpoint there is. */
  readonly endpoint: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly out: Output;
  readonly err: Output;
}

const WRONG_USE = 2;

const SHADOWED: Readonly<Record<ShadowDifference['would'], string>> = {
  allowed: 'allowed',
  denied: 'denied',
  no_rule: 'denied, by no rule',
  scopes: 'a challenge for scopes',
};

/** @returns 0 when the call is allowed, 1 when it is not, 2 when it cannot be judged: wrong use, or a configuration with faults */
export async function runExplain(settings: ExplainSettings): Promise<number> {
  const { configFile, env, nowMs, out, err } = settings;
  const fail = (...faults: readonly string[]): number => {
    for (const fault of faults) err.write(`${escapeControls(fault)}\n`);
    return WRONG_USE;
  };
  const loaded = loadConfig(configFile, env);
  if (!loaded.ok) return fail(...loaded.errors.map(formatConfigError));
  const endpoint = findEndpoint(loaded.config, settings.endpoint);
  if (typeof endpoint === 'string') return fail(endpoint);
  const read = readExplainArguments(settings, nowMs());
  if ('faults' in read) return fail(...read.faults);
  const { caller, call } = read;
  const verdict = await makeRehearsal(loaded.config)(endpoint, caller, call);
  const lines = [
    ...toColumns([
      ['endpoint', endpoint.path],
      ['call', call.name === undefined ? call.method : `${call.method} ${call.name}`],
      ['caller', verdict.principal === undefined ? 'would not be let in' : describe(verdict.principal)],
      ['decision', sayDecision(verdict)],
      ...sayAnswer(verdict),
      ...(verdict.shadow === undefined ? [] : [['shadow', sayShadow(verdict.shadow)] as const]),
      ['policy', toPolicyDigest(endpoint)],
    ]),
    ...explainRules(endpoint, verdict, read),
  ];
  for (const line of lines) out.write(`${escapeControls(line)}\n`);
  return verdict.outcome === 'allow' ? 0 : 1;
}

function findEndpoint({ endpoints }: GatewayConfig, path: string | undefined): EndpointConfig | string {
  const [only] = endpoints.values();
  const found = path === undefined && endpoints.size === 1 ? only : endpoints.get(path ?? '');
  return found ?? `--endpoint: expected one of ${[...endpoints.keys()].join(', ')}`;
}

function describe({ kind, issuer, subject, client, scopes, groups }: Principal): string {
  if (kind === 'anonymous') return 'anonymous';
  const parts = [
    `subject ${subject}`,
    client === '' ? 'no client' : `client ${client}`,
    scopes.size === 0 ? 'no scopes' : `scopes ${[...scopes].join(' ')}`,
    groups.size === 0 ? 'no groups' : `groups ${[...groups].join(' ')}`,
    `issuer ${issuer}`,
  ];
  return parts.join(', ');
}

function sayDecision(verdict: Verdict): string {
  if (verdict.outcome === 'refuse') {
    const why =
      verdict.principal === undefined ? ': no issuer of such a token counts here, or a claim has a wrong type' : '';
    return `none, turned away before any rule is asked${why}`;
  }
  if (verdict.outcome === 'allow') return `allowed by ${verdict.rule}`;
  const { rule, refusal } = verdict;
  if (verdict.outcome === 'challenge')
    return rule === 'none' ? 'none: a token is required' : `only scopes are missing for ${rule}`;
  if (rule !== 'none') return `denied by ${rule}`;
  const { reason } = refusal.detail;
  return reason?.startsWith('uri_') === true
    ? `not allowed: not compared with any rule, ${reason}`
    : 'not allowed: no rule allows it';
}

/** What the client would see. */
function sayAnswer(verdict: Verdict): readonly (readonly [string, string])[] {
  if (verdict.outcome === 'allow') return [];
  if (verdict.refusal.detail.reason === 'cut') return [['answer', 'a stream that tells nothing of it']];
  const { row, kind } = verdict.refusal;
  const scopes =
    verdict.outcome === 'challenge' && verdict.scopes.length > 0 ? `, asks for ${verdict.scopes.join(' ')}` : '';
  return [['answer', `${row.status}, code ${row.code}, ${kind}${scopes}`]];
}

const sayShadow = ({ rule, would }: ShadowDifference): string => `${rule} in force: ${SHADOWED[would]}`;

function explainRules(
  { access, path }: EndpointConfig,
  { outcome, principal }: Verdict,
  { call }: Parameters<typeof toSubject>[0],
): readonly string[] {
  if (access === undefined) return ['', 'The endpoint has no rules: everybody may call everything.'];
  if (principal === undefined || outcome === 'refuse') return [];
  const subject = toSubject({ call }, path, principal);
  if (subject === undefined) {
    return ['', 'A list shows what a call would be allowed; ask for one name, as with --call tools/call:NAME.'];
  }
  const { rules } = explainDecision(access, principal, subject.kind, subject.name, subject.facts);
  return ['', ...toColumns([['rule', 'does', 'fits'], ...rules.map(toRow)])];
}

function toRow({ id, effect, mode, lacks }: ExplainedRule): readonly string[] {
  return [
    id,
    mode === 'shadow' ? `${effect} (shadow)` : effect,
    lacks.length === 0 ? 'yes' : `no: ${lacks.join('; ')}`,
  ];
}

/** Each column as wide as its widest cell, but for the last one. */
function toColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '),
  );
}
