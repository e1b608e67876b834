// Node's own metrics, as prom-client gathers them: memory, garbage collection, handles, file descriptors.
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Family } from './series-family.ts';
import { writeLabels } from './series-labels.ts';

type PromFamily = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];
interface PromValue {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly metricName?: string;
}

/** @returns what collects them at a scrape */
export function watchNode(): () => Promise<readonly Family[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => (await registry.getMetricsAsJSON()).map(toFamily);
}

/** Its histograms come with their buckets already summed up, so each bucket is a row of its own. */
function toFamily(family: PromFamily): Family {
  const { name, help, aggregator } = family;
  // The declared types of values differ from what comes.
  const { values } = family as unknown as { readonly values: readonly PromValue[] };
  return {
    name,
    help,
    type: String(family.type) as Family['type'],
    aggregator: aggregator === 'omit' ? 'first' : aggregator,
    rows: values.map(({ labels }) => writeLabels(Object.keys(labels), Object.values(labels).map(toText))),
    suffixes: values.map(({ metricName }) => metricName?.slice(name.length) ?? ''),
    values: Float64Array.from(values, ({ value }) => value),
  };
}

function toText(value: string | number | undefined): string | number {
  return value ?? '';
}
