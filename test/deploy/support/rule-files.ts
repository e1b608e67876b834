// Reads the rules that are shipped, and the tests of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { RecordingRule } from './known-series.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

export interface RuleTest {
  readonly name: string;
  readonly promql_expr_test: readonly {
    readonly expr: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
  }[];
}

export const ROOT = join(import.meta.dirname, '../../..');
export const RULE_DIRECTORY = join(ROOT, 'deploy/prometheus/rules');
export const RULE_TEST_DIRECTORY = join(ROOT, 'test/deploy/prometheus');

export const ALERT_RULES = readRules('alerts.yml') as readonly AlertRule[];
export const RECORDING_RULES = readRules('recording.yml') as readonly RecordingRule[];

export const RULE_TEST_FILES = readdirSync(RULE_TEST_DIRECTORY).filter((name) => name.endsWith('.rules.yml'));

export function readRuleTests(): readonly RuleTest[] {
  return RULE_TEST_FILES.flatMap((name) => {
    const { tests } = parse(readFileSync(join(RULE_TEST_DIRECTORY, name), 'utf8')) as { tests: readonly RuleTest[] };
    return tests;
  });
}

function readRules(name: string): readonly unknown[] {
  const { groups } = parse(readFileSync(join(RULE_DIRECTORY, name), 'utf8')) as {
    groups: readonly { readonly rules: readonly unknown[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}
