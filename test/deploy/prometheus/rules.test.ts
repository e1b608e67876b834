// The rules that are shipped: sound for Prometheus, each alert seen to fire and to keep quiet, each with its page, on metrics that exist.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { REFUSAL_KINDS, Refusal } from '../../../gateway/refusal.ts';
import { findUnknown, listKnownSeries } from '../support/known-series.ts';
import { readPromql } from '../support/read-promql.ts';
import {
  ALERT_RULES,
  RECORDING_RULES,
  ROOT,
  RULE_TEST_DIRECTORY,
  RULE_TEST_FILES,
  readRuleTests,
} from '../support/rule-files.ts';

const run = promisify(execFile);
const RUNBOOKS = join(ROOT, 'docs/runbooks');
const KNOWN = listKnownSeries(RECORDING_RULES);

/** Files that promtool checks are named by their way from here, so that no path of the machine is in what it prints. */
const promtool = (...args: readonly string[]): Promise<unknown> =>
  run('promtool', args, { cwd: RULE_TEST_DIRECTORY, timeout: 60_000 });

test('promtool finds the configuration and its rules sound', async () => {
  await promtool('check', 'config', '--lint=all', '--lint-fatal', '../../../deploy/prometheus/prometheus.yml');
});

for (const file of RULE_TEST_FILES) {
  test(`promtool sees the rules do what ${file} says`, async () => {
    await promtool('test', 'rules', file);
  });
}

test('every alert, at each of its severities, is seen to fire, and is seen to keep quiet over its own metrics', () => {
  const tests = readRuleTests();
  for (const { alert, labels } of ALERT_RULES) {
    const fires = tests.some(({ promql_expr_test }) =>
      promql_expr_test.some(({ expr, exp_samples }) =>
        exp_samples.some(
          ({ labels: text }) =>
            expr.startsWith('ALERTS') &&
            text.includes(`alertname="${alert}"`) &&
            text.includes(`severity="${labels.severity}"`),
        ),
      ),
    );
    assert.ok(fires, `${alert} (${labels.severity}) is never seen to fire`);
    const quiet = tests.some(
      ({ name, promql_expr_test }) =>
        name.includes(alert) &&
        /keeps? quiet/.test(name) &&
        promql_expr_test.some(({ expr, exp_samples }) => expr.startsWith('ALERTS') && exp_samples.length === 0),
    );
    assert.ok(quiet, `${alert} is never seen to keep quiet`);
  }
});

test('every alert says how urgent it is, what happened and what to do, and has its page; every page has its alert', () => {
  const pages = new Set<string>();
  for (const { alert, labels, annotations } of ALERT_RULES) {
    assert.match(labels.severity, /^(?:page|ticket)$/, alert);
    assert.ok(annotations.summary.length > 20 && annotations.summary.length < 130, alert);
    assert.ok(annotations.description.length > 40, alert);
    const name = alert
      .replace(/^Tollgate/, '')
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
      .toLowerCase();
    assert.equal(annotations.runbook_url, `docs/runbooks/${name}.md`);
    assert.ok(existsSync(join(ROOT, annotations.runbook_url)), annotations.runbook_url);
    pages.add(`${name}.md`);
  }
  assert.deepEqual(readdirSync(RUNBOOKS).toSorted(), [...pages].toSorted());
});

test('docs/alerts.md lists every alert with its urgency and its page, and no other', () => {
  const rows = readFileSync(join(ROOT, 'docs/alerts.md'), 'utf8').matchAll(
    /^\| \[(Tollgate\w+)\]\((\S+)\) \| ([a-z, ]+) \|/gm,
  );
  const listed = [...rows].flatMap(([, alert, page, urgency = '']) =>
    urgency.split(', ').map((severity) => `${alert} docs/${page} ${severity}`),
  );
  const rules = ALERT_RULES.map(
    ({ alert, labels, annotations }) => `${alert} ${annotations.runbook_url} ${labels.severity}`,
  );
  assert.deepEqual(listed.toSorted(), rules.toSorted());
});

test('every page says what it means, who is hurt, how to look, what to do and what not to do, with queries on metrics that exist', () => {
  for (const name of readdirSync(RUNBOOKS)) {
    const text = readFileSync(join(RUNBOOKS, name), 'utf8');
    const [, title] = /^# (Tollgate\w+)\n/.exec(text) ?? [];
    assert.ok(
      ALERT_RULES.some(({ alert }) => alert === title),
      `${name} begins with ${title}`,
    );
    for (const part of ['Means', 'Hurt', 'Look', 'Do', 'Do not'])
      assert.ok(text.includes(`**${part}.**`), `${name}: ${part}`);
    for (const [, query = ''] of text.matchAll(/```promql\n([^]*?)```/g)) {
      for (const line of query.split('\n').filter((each) => each !== '')) {
        assert.deepEqual(findUnknown(line, KNOWN), [], `${name}: ${line}`);
      }
    }
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)/g))
      assert.ok(existsSync(join(RUNBOOKS, link)), `${name}: ${link}`);
  }
});

test('rules name no metric and no label that is not there', () => {
  for (const { record, expr } of RECORDING_RULES) assert.deepEqual(findUnknown(expr, KNOWN), [], record);
  for (const { alert, expr, annotations } of ALERT_RULES) {
    assert.deepEqual(findUnknown(expr, KNOWN), [], alert);
    const labels = new Set(readPromql(expr).selectors.flatMap(({ metric }) => KNOWN.get(metric) ?? []));
    for (const text of [annotations.summary, annotations.description]) {
      for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g))
        assert.ok(labels.has(label), `${alert}: ${label}`);
    }
  }
});

test('failures are the kinds of refusal whose fault is the upstream\u2019s or the gateway\u2019s, all of them', () => {
  const failures = REFUSAL_KINDS.filter((kind) => new Refusal(kind).row.fault !== 'client').toSorted();
  const lists = RECORDING_RULES.filter(({ record }) => /_(?:failures|judged):rate5m$/.test(record)).map(({ expr }) =>
    /kind=~"([^"]+)"/.exec(expr)?.[1]?.split('|').toSorted(),
  );
  assert.deepEqual(lists, [failures, failures]);
});

test('every kind that a rule names is one', () => {
  for (const { expr } of [...RECORDING_RULES, ...ALERT_RULES]) {
    for (const [, kinds = ''] of expr.matchAll(/kind[!=]~?"([^"]+)"/g)) {
      for (const kind of kinds.split('|'))
        assert.ok(
          REFUSAL_KINDS.some((known) => known === kind),
          kind,
        );
    }
  }
});

test('what reads expressions sees a metric or label that is not there', () => {
  assert.deepEqual(findUnknown('rate(mcp_gateway_nothing_total[5m]) > 0', KNOWN), [
    'no metric mcp_gateway_nothing_total',
  ]);
  assert.deepEqual(findUnknown('sum by (tool) (rate(mcp_gateway_refusals_total{kind="x"}[5m])) or vector(0)', KNOWN), [
    'no metric here has the label tool',
  ]);
  assert.deepEqual(findUnknown('mcp_gateway_refusals_total{kind=~"a|b", tool="}"}', KNOWN), [
    'mcp_gateway_refusals_total has no label tool',
  ]);
});
