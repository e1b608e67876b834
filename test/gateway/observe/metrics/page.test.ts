// The page about metrics is what the code says, and speaks of every metric and label there is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LABELS } from '../../../../gateway/observe/metrics-catalogue.ts';
import { makeMetricsPage } from '../../../../gateway/observe/write-metrics-page.ts';
import { makeMetrics } from './support.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/metrics.md');

test('docs/metrics.md is what the code says', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), makeMetricsPage(), 'run: npm run metrics-page');
});

test('every metric that a scrape shows and every label is on the page', async () => {
  const page = makeMetricsPage();
  const { body } = await makeMetrics().render(undefined);
  const names = [...body.matchAll(/^# TYPE (mcp_\S+)/gm)].map(([, name]) => name);
  assert.ok(names.length > 35, `${names.length} metrics`);
  for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
  for (const label of Object.keys(LABELS)) assert.ok(page.includes(`| \`${label}\` |`), label);
});
