// Every query of every panel, asked of a real Prometheus that scrapes real gateways in the middle of a busy life.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DASHBOARDS } from '../../../deploy/grafana/generate.ts';
import type { Panel } from '../../../deploy/grafana/source/panel.ts';
import { until } from '../../through/support/until.ts';
import { startBusyGateways } from '../support/busy-gateways.ts';
import { type Prometheus, startPrometheus } from '../support/start-prometheus.ts';

/** Panels that show nothing in this run, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'tollgate-upstreams: Name look-ups that failed': 'no upstream is found by its name',
  'tollgate-security: Label sets beyond the cap': 'no metric has reached its cap',
};

/** What the run was made to have. */
const KINDS = [
  'body_too_large',
  'denied',
  'header_mismatch',
  'host_not_allowed',
  'no_instance',
  'not_json',
  'polled_too_soon',
  'quota_unavailable',
  'rate_limited',
  'scope_missing',
  'state_invalid',
  'token_absent',
  'token_invalid',
  'too_many_tasks',
];
const PENDING = ['TollgateConfigReloadFailed', 'TollgateLimiterFailingOpen', 'TollgateNoHealthyInstance'];

const ROUNDS = 5;

test('every panel has data, but for those that show what did not happen', { timeout: 90_000 }, async (t) => {
  const { live, gateways } = await startBusyGateways(t);
  const prometheus = await startPrometheus(
    t,
    gateways.map(({ adminPort }) => `127.0.0.1:${adminPort}`),
  );
  for (let round = 0; round < ROUNDS; round++) await liveUntilScraped(prometheus, live, gateways.length);
  const panels = DASHBOARDS.flatMap(({ uid, rows }) =>
    rows.flatMap((row) => row.panels.map((panel) => ({ name: `${uid}: ${panel.title}`, panel }))),
  );
  let empty: string[] = [];
  await until(
    'all panels but a few have data',
    async () => {
      await liveUntilScraped(prometheus, live, gateways.length);
      const have = await Promise.all(panels.map(({ panel }) => hasData(prometheus, panel)));
      empty = panels.filter((_panel, at) => have[at] === false).map(({ name }) => name);
      return empty.length <= Object.keys(EMPTY).length;
    },
    15_000,
  ).catch(() => {});
  assert.deepEqual(empty.toSorted(), Object.keys(EMPTY).toSorted());

  const find = async (expr: string, label: string): Promise<readonly unknown[]> =>
    (await prometheus.ask(expr, 'now')).map(({ metric }) => metric[label]);
  const kinds = await find('count by (kind) (mcp_gateway_refusals_total)', 'kind');
  for (const kind of KINDS) assert.ok(kinds.includes(kind), `no ${kind}: ${kinds.join(' ')}`);
  const outcomes = await find('count by (outcome) (mcp_gateway_requests_total)', 'outcome');
  for (const outcome of ['answered', 'answered_error', 'cut', 'refused'])
    assert.ok(outcomes.includes(outcome), outcome);
  const tools = await find('count by (tool) (mcp_gateway_tool_calls_total{tool!="other"})', 'tool');
  assert.ok(tools.includes('read_station') && !tools.includes('read_unlisted'), tools.join(' '));
  const pending = await find('ALERTS{alertstate=~"pending|firing"}', 'alertname');
  for (const alert of PENDING) assert.ok(pending.includes(alert), `${alert} is not on its way: ${pending.join(' ')}`);
});

/** Once more everything, then a scrape of each, so that there is something to take rates of. */
async function liveUntilScraped(prometheus: Prometheus, live: () => Promise<void>, targets: number): Promise<void> {
  const countScrapes = async (): Promise<number> => {
    const found = await prometheus.ask('count_over_time(up{job="tollgate"}[1h])', 'now');
    return found.length < targets ? 0 : Math.min(...found.flatMap(({ values }) => values));
  };
  const before = await countScrapes();
  await live();
  await until('all were scraped', async () => (await countScrapes()) > before, 10_000);
}

/** Of every query of the panel. */
async function hasData(prometheus: Prometheus, { kind, queries }: Panel): Promise<boolean> {
  const how = kind === 'numbers' || kind === 'table' ? 'now' : 'minute';
  for (const { expr } of queries) {
    const series = await prometheus.ask(toPlain(expr), how);
    if (!series.some(({ values }) => values.length > 0)) return false;
  }
  return true;
}

/** As Grafana puts it while everything is chosen. */
function toPlain(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$__range', '1m')
    .replaceAll(/\$[a-z]+/g, '.*');
}
