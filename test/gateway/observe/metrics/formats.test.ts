// What a scraper gets for what it accepts: plain text, or OpenMetrics with exemplars.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { chooseFormat } from '../../../../gateway/observe/metrics-accept.ts';
import { makeMetrics, makeRecord } from './support.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

test('OpenMetrics goes to those alone who ask for it', () => {
  const cases: readonly (readonly [accept: string | undefined, format: string])[] = [
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['text/html,*/*;q=0.8', 'text'],
    [PROMETHEUS, 'openmetrics'],
    ['application/openmetrics-text', 'openmetrics'],
    ['APPLICATION/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    ['application/openmetrics-text;version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=x', 'text'],
    ['application/openmetrics-text;q=0.1,text/plain;q=0.9', 'text'],
    ['application/openmetrics-text;q=0.5,*/*', 'openmetrics'],
    [`${'x,'.repeat(2000)}application/openmetrics-text`, 'text'],
  ];
  for (const [accept, format] of cases) assert.equal(chooseFormat(accept), format, accept);
});

test('any Accept header gets one of the two', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (accept) => {
      assert.ok(['text', 'openmetrics'].includes(chooseFormat(accept)));
    }),
  );
});

test('plain text is announced as such and carries no exemplars', async () => {
  const metrics = makeMetrics();
  metrics.countRequest(makeRecord({ trace: { traceId: TRACE, spanId: 'x', sampled: true } }), 3);
  const { contentType, body } = await metrics.render('text/plain');
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(body.includes(TRACE), false);
  assert.match(body, /^# TYPE mcp_gateway_requests_total counter$/m);
});

test('OpenMetrics has exemplars of recorded traces on their buckets, names counters without _total, and ends with EOF', async () => {
  const metrics = makeMetrics();
  metrics.countRequest(makeRecord({ trace: { traceId: TRACE, spanId: 'x', sampled: true } }), 3);
  metrics.countRequest(makeRecord({ trace: { traceId: 'f'.repeat(32), spanId: 'x', sampled: false } }), 300);
  const { contentType, body } = await metrics.render(PROMETHEUS);
  assert.equal(contentType, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.ok(body.endsWith('# EOF\n'));
  assert.match(body, /^# TYPE mcp_gateway_requests counter$/m);
  assert.match(body, /^mcp_gateway_requests_total\{.*\} 2$/m);
  const bucket = `mcp_gateway_request_duration_seconds_bucket{method="tools/call",le="0.005"} 1`;
  assert.ok(body.includes(`${bucket} # {trace_id="${TRACE}"} 0.003 1700000000.000\n`));
  assert.equal(body.match(/# \{trace_id=/g)?.length, 3);
  assert.equal(body.includes('ffffffff'), false);
});

/** OpenMetrics 1.0, as far as these metrics use it. */
const LINES = [
  /^# (?:HELP [a-z_:0-9]+ .*|TYPE [a-z_:0-9]+ (?:counter|gauge|histogram|unknown)|EOF)$/,
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+\})? (?:-?\d[\d.e+-]*|[+-]Inf|NaN)(?: # \{trace_id="[0-9a-f]{32}"\} [\d.e-]+ \d+\.\d{3})?$/,
];

test('every line of both formats is one of the format', async () => {
  const metrics = makeMetrics();
  metrics.countRequest(makeRecord({ trace: { traceId: TRACE, spanId: 'x', sampled: true } }), 3);
  for (const accept of ['text/plain', PROMETHEUS]) {
    const lines = (await metrics.render(accept)).body.trimEnd().split('\n');
    for (const line of lines)
      assert.ok(
        LINES.some((pattern) => pattern.test(line)),
        line,
      );
    const series = lines.filter((line) => !line.startsWith('#')).map((line) => line.slice(0, line.indexOf(' ')));
    assert.equal(new Set(series).size, series.length);
  }
});
