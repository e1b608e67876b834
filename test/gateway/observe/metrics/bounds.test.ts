// However many names, identities and label values there are, the number of series and the time of a scrape stay bounded.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Principal } from '../../../../gateway/exchange.ts';
import { makeMetrics, makeRecord, scrape } from './support.ts';

test('a hundred thousand random names and identities make no series', async () => {
  const metrics = makeMetrics({ isKnownTool: (endpoint, tool) => endpoint === '/mcp' && tool === 'get_forecast' });
  metrics.countRequest(makeRecord(), 1);
  metrics.countRequest(makeRecord({}, 'someone_elses'), 1);
  const before = (await scrape(metrics)).samples.length;
  for (let i = 0; i < 100_000; i++) {
    const name = randomBytes(6).toString('base64');
    const principal = { subject: name, issuer: name, client: name } as unknown as Principal;
    metrics.countRequest(makeRecord({ principal, requestId: name, address: name }, name), 1);
  }
  const { samples, get } = await scrape(metrics);
  assert.equal(samples.length, before);
  assert.equal(get('mcp_gateway_tool_calls_total', { tool: 'get_forecast' }), 1);
  assert.equal(get('mcp_gateway_tool_calls_total', { tool: 'other' }), 100_001);
});

test('without a list of known tools every tool is other', async () => {
  const metrics = makeMetrics();
  metrics.countRequest(makeRecord(), 1);
  assert.equal((await scrape(metrics)).get('mcp_gateway_tool_calls_total', { tool: 'other' }), 1);
});

test('past its cap a metric counts everything new as other, says so, and goes on counting what it knew', async () => {
  const metrics = makeMetrics();
  for (let i = 0; i < 3000; i++) metrics.countDecision(`rule-${i}`, 'allowed');
  metrics.countDecision('rule-5', 'allowed');
  const { samples, get } = await scrape(metrics);
  const name = 'mcp_gateway_decisions_total';
  assert.equal(samples.filter((sample) => sample.name === name).length, 2001);
  assert.equal(get(name, { rule: 'other', decision: 'other' }), 1000);
  assert.equal(get(name, { rule: 'rule-5' }), 2);
  assert.equal(get(name), 3001);
  assert.equal(get('mcp_gateway_label_sets_dropped_total', { metric: name }), 1000);
});

test('histograms have a cap too', async () => {
  const metrics = makeMetrics();
  const attempt = { method: 'tools/call', outcome: { kind: 'answered' as const }, durationMs: 1, trace: undefined };
  for (let i = 0; i < 700; i++) metrics.countAttempt({ ...attempt, upstream: `upstream-${i}` });
  const { samples, get } = await scrape(metrics);
  const name = 'mcp_client_operation_duration_seconds_count';
  assert.equal(samples.filter((sample) => sample.name === name).length, 501);
  assert.equal(get(name, { upstream: 'other' }), 200);
});

test('a label value cannot break out of its quotes', async () => {
  const metrics = makeMetrics();
  for (const rule of ['a"} 5\nevil 1', 'back\\slash', 'line\nfeed', '\ud800', 'é'])
    metrics.countDecision(rule, 'allowed');
  const { samples, get } = await scrape(metrics);
  assert.equal(get('mcp_gateway_decisions_total'), 5);
  assert.equal(
    samples.some(({ name }) => name === 'evil'),
    false,
  );
});

test('ten thousand series are scraped in little time, and others get their turn meanwhile', async () => {
  const metrics = makeMetrics({ isKnownTool: () => true });
  for (let i = 0; i < 5000; i++)
    metrics.countRequest(makeRecord({ endpoint: `/mcp${i % 20}` }, `tool-${i % 250}-${i % 20}`), 1);
  for (let i = 0; i < 500; i++) {
    const attempt = { method: 'tools/call', outcome: { kind: 'answered' as const }, durationMs: 1, trace: undefined };
    metrics.countAttempt({ ...attempt, upstream: `upstream-${i}` });
  }
  await metrics.render(undefined);
  let turns = 0;
  let isOver = false;
  const takeTurns = (): void => {
    turns++;
    if (!isOver) setImmediate(takeTurns);
  };
  setImmediate(takeTurns);
  const before = process.cpuUsage();
  const { body } = await metrics.render(undefined);
  const { user, system } = process.cpuUsage(before);
  isOver = true;
  assert.ok(body.split('\n').length > 9000, `${body.split('\n').length} lines`);
  // Measured at 5 ms; the bound leaves room for a machine that is busy with something else.
  assert.ok(user + system < 50_000, `${user + system} us of CPU`);
  assert.ok(turns > 4, `${turns} turns`);
});
