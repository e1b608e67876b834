// Writes docs/metrics.md from the table of metrics: `npm run metrics-page`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOGUE, LABELS, type LabelName, type MetricEntry } from './metrics-catalogue.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/metrics.md');

const INTRODUCTION = `# Metrics

Written from \`gateway/observe/metrics-catalogue.ts\` by \`npm run metrics-page\`; edit that file, not this one.

\`GET /metrics\` on the admin listener answers in the Prometheus text format, or in OpenMetrics with exemplars (the id of a recorded trace
on the bucket it fell into) when the scraper's \`Accept\` asks for it. Prometheus does so with \`--enable-feature=exemplar-storage\`. With
several workers the answer is the sum over all of them, each metric by the rule in its table.

**How many series there can be.** Label values come from fixed lists, from the configuration, or, for tools, from lists an upstream
sent. Names that only a client said are counted as \`other\`. Each metric has a cap of label sets
per process; past it new ones are counted with all labels \`other\`, and \`mcp_gateway_label_sets_dropped_total\` rises. Metrics with a tool
are counters; histograms have few labels. Two histograms follow OpenTelemetry's conventions for MCP; their dots are underscores here.

**What counts as what.** A request that was refused has the outcome \`refused\` and the kind of refusal; else the outcome is \`answered\`,
\`answered_error\` (the upstream's own JSON-RPC error), \`client_left\`, \`cut\` (the upstream broke off), \`acknowledged\`, \`token_ended\` or
\`drained\`. \`mcp_gateway_overhead_seconds\` holds the requests that went to an upstream.
`;

const NODE = `## Node

Metrics of the process itself, made by \`prom-client\`: \`process_*\` (CPU, memory, file descriptors, start time) and \`nodejs_*\` (event loop,
garbage collection, heap, handles, version).
`;

/** The page, as it is committed. */
export function makeMetricsPage(): string {
  const entries: readonly MetricEntry[] = Object.values(CATALOGUE);
  const groups = (['counter', 'histogram', 'gauge'] as const).map((type) =>
    formatGroup(
      type,
      entries.filter((entry) => entry.type === type),
    ),
  );
  return [INTRODUCTION, ...groups, formatLabels(entries), NODE].join('\n');
}

const TITLES = { counter: 'Counters', histogram: 'Histograms', gauge: 'Gauges' } as const;

function formatGroup(type: MetricEntry['type'], entries: readonly MetricEntry[]): string {
  const head = ['name', 'labels', 'what', 'over workers', 'label sets at most'];
  const rows = entries.map(({ name, labels, help, aggregator, cap }) => [
    `\`${name}\``,
    labels.map((label) => `\`${label}\``).join(', ') || '-',
    help,
    aggregator,
    labels.length === 0 ? '1' : String(cap),
  ]);
  const bounds = entries.flatMap(({ name, bounds: limits }) =>
    limits === undefined ? [] : [`- \`${name}\`: ${limits.join(', ')}`],
  );
  const tail = bounds.length === 0 ? '' : `\nUpper bounds of the buckets, in seconds:\n\n${bounds.join('\n')}\n`;
  return `## ${TITLES[type]}\n\n${formatTable([head, ...rows])}${tail}`;
}

function formatLabels(entries: readonly MetricEntry[]): string {
  const used = new Set(entries.flatMap(({ labels }) => labels));
  const rows = (Object.keys(LABELS) as LabelName[])
    .filter((label) => used.has(label))
    .map((label) => [`\`${label}\``, LABELS[label]]);
  return `## Labels\n\n${formatTable([['label', 'values'], ...rows])}`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const lines = [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

// Not `import.meta.main`: npm's scripts import this file.
if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, makeMetricsPage());
