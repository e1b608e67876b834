// Which series Prometheus has of the gateway, and with which labels: the catalogue as it looks once it is scraped, and what rules record.
import { CATALOGUE, type MetricEntry } from '../../../gateway/observe/metrics-catalogue.ts';
import { readPromql } from './read-promql.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** What Prometheus adds to every series it scrapes. */
const TARGET = ['job', 'instance'];
const FOREIGN: readonly (readonly [string, readonly string[]])[] = [
  ['up', TARGET],
  ['ALERTS', ['alertname', 'alertstate', 'severity', ...TARGET]],
  ['process_cpu_seconds_total', TARGET],
  ['process_resident_memory_bytes', TARGET],
];

/** A label of ours that has the name of one that Prometheus adds is kept as `exported_…`. */
const toScraped = (label: string): string => (TARGET.includes(label) ? `exported_${label}` : label);

/** @returns labels by name of series */
export function listKnownSeries(rules: readonly RecordingRule[]): ReadonlyMap<string, readonly string[]> {
  const known = new Map(FOREIGN);
  for (const { name, type, labels } of Object.values(CATALOGUE) as readonly MetricEntry[]) {
    const all = [...TARGET, ...labels.map(toScraped)];
    if (type !== 'histogram') known.set(name, all);
    else {
      known.set(`${name}_bucket`, [...all, 'le']);
      known.set(`${name}_count`, all);
      known.set(`${name}_sum`, all);
    }
  }
  for (const { record } of rules) {
    const [level = ''] = record.split(':');
    known.set(record, level.split('_'));
  }
  return known;
}

/** What an expression names that is not there. */
export function findUnknown(expr: string, known: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const { selectors, groupings } = readPromql(expr);
  const faults: string[] = [];
  const everywhere = new Set<string>();
  for (const { metric, labels } of selectors) {
    const has = known.get(metric);
    if (has === undefined) faults.push(`no metric ${metric}`);
    for (const label of has ?? []) everywhere.add(label);
    for (const label of labels) if (has?.includes(label) === false) faults.push(`${metric} has no label ${label}`);
  }
  for (const label of groupings) if (!everywhere.has(label)) faults.push(`no metric here has the label ${label}`);
  return faults;
}
