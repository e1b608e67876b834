// The dashboards as they are committed: in step with their short form, whole, and on metrics and labels that exist.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { DASHBOARDS, makeDashboardFiles } from '../../../deploy/grafana/generate.ts';
import type { Dashboard, Panel } from '../../../deploy/grafana/source/panel.ts';
import { REFUSAL_KINDS } from '../../../gateway/refusal.ts';
import { findUnknown, listKnownSeries } from '../support/known-series.ts';
import { readPromql } from '../support/read-promql.ts';
import { RECORDING_RULES, ROOT } from '../support/rule-files.ts';

const DIRECTORY = join(ROOT, 'deploy/grafana');
const KNOWN = listKnownSeries(RECORDING_RULES);
const UNITS = new Set(['none', 'short', 'reqps', 'ops', 's', 'bytes', 'percentunit']);
const PLACES = ['job', 'instance', 'datasource', '__rate_interval', '__range'];

interface Datasource {
  readonly uid: string;
  readonly jsonData?: { readonly exemplarTraceIdDestinations?: readonly object[] };
}

const listPanels = ({ rows }: Dashboard): readonly Panel[] => rows.flatMap(({ panels }) => panels);

test('the committed dashboards are what the short form says', () => {
  const files = makeDashboardFiles();
  assert.deepEqual(readdirSync(join(DIRECTORY, 'dashboards')).toSorted(), [...files.keys()].toSorted());
  for (const [name, contents] of files) {
    assert.equal(
      readFileSync(join(DIRECTORY, 'dashboards', name), 'utf8'),
      contents,
      'run: node deploy/grafana/generate.ts',
    );
  }
});

test('their addresses stay as they are', () => {
  assert.deepEqual(
    DASHBOARDS.map(({ uid }) => uid),
    [
      'tollgate-overview',
      'tollgate-tools',
      'tollgate-callers',
      'tollgate-upstreams',
      'tollgate-quotas',
      'tollgate-security',
    ],
  );
});

test('every panel has a title of its own, a description, a unit and a place on the grid', () => {
  for (const dashboard of DASHBOARDS) {
    const panels = listPanels(dashboard);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length, dashboard.uid);
    for (const { title, description, unit, width = 12 } of panels) {
      assert.ok(description.length > 20, title);
      assert.ok(UNITS.has(unit), `${title}: ${unit}`);
      assert.ok(width > 0 && width <= 24, title);
    }
  }
});

test('no two panels lie on one another', () => {
  for (const [name, contents] of makeDashboardFiles()) {
    const { panels } = JSON.parse(contents) as {
      panels: readonly { readonly id: number; readonly gridPos: { h: number; w: number; x: number; y: number } }[];
    };
    const taken = new Set<string>();
    for (const { id, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${name}: panel ${id}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  }
});

test('panels and variables name no metric, no label and no variable that is not there', () => {
  for (const dashboard of DASHBOARDS) {
    const variables = new Set([...PLACES, ...dashboard.variables.map(({ name }) => name)]);
    const check = (where: string, expr: string, legend: string): void => {
      assert.deepEqual(findUnknown(expr.replace(/\$__\w+/g, '5m'), KNOWN), [], where);
      for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) assert.ok(variables.has(name), `${where}: ${name}`);
      const { selectors } = readPromql(expr);
      const labels = new Set(selectors.flatMap(({ metric }) => KNOWN.get(metric) ?? []));
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
        assert.ok(labels.has(label), `${where}: ${label}`);
    };
    for (const { title, queries } of listPanels(dashboard)) {
      for (const { expr, legend } of queries) check(`${dashboard.uid}: ${title}`, expr, legend);
    }
    for (const { name, query } of dashboard.variables) {
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
      check(`${dashboard.uid}: ${name}`, selector, `{{${label}}}`);
    }
  }
});

test('every kind of refusal that a panel names is one', () => {
  const named = DASHBOARDS.flatMap((dashboard) =>
    listPanels(dashboard).flatMap(({ queries }) =>
      queries.flatMap(({ expr }) =>
        [...expr.matchAll(/\bkind=~"([^"]+)"/g)].flatMap(([, kinds = '']) => kinds.split('|')),
      ),
    ),
  );
  assert.ok(named.length > 40);
  for (const kind of named)
    assert.ok(
      REFUSAL_KINDS.some((known) => known === kind),
      kind,
    );
});

test('Grafana is told where metrics and traces are, and a point on a histogram leads to its trace', () => {
  const text = readFileSync(join(DIRECTORY, 'provisioning/datasources/tollgate.yml'), 'utf8');
  const { datasources } = parse(text) as { datasources: readonly Datasource[] };
  assert.deepEqual(
    datasources.map(({ uid }) => uid),
    ['prometheus', 'jaeger'],
  );
  const links = datasources.flatMap(({ jsonData }) => jsonData?.exemplarTraceIdDestinations ?? []);
  assert.deepEqual(links, [{ name: 'trace_id', datasourceUid: 'jaeger' }]);
});
