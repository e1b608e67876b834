// Sums up the metrics of several processes, each by its own rule.
import { setImmediate } from 'node:timers/promises';
import { type Exemplar, type Family, toStride } from './series-family.ts';

/** All metrics of one process, as plain values that can travel to another. */
export type MetricsSnapshot = readonly Family[];

/** Rows between two looks at what else is to be done. */
const ROWS_AT_ONCE = 500;

/** One row being summed up. */
interface Sum {
  readonly labels: string;
  readonly suffix: string;
  readonly values: Float64Array;
  /** Processes that had it. */
  count: number;
}

interface FamilySum {
  readonly head: Family;
  readonly rows: Map<string, Sum>;
  /** By row and bucket. */
  readonly exemplars: Map<string, { readonly key: string; readonly exemplar: Exemplar }>;
}

/** What several processes have counted, as if it were one. */
export async function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const [only] = snapshots;
  if (only !== undefined && snapshots.length === 1) return only;
  const sums = new Map<string, FamilySum>();
  let rows = 0;
  for (const snapshot of snapshots) {
    for (const family of snapshot) {
      addFamily(sums, family);
      rows += family.rows.length;
      if (rows < ROWS_AT_ONCE) continue;
      rows = 0;
      await setImmediate();
    }
  }
  return [...sums.values()].map(toFamily);
}

function addFamily(sums: Map<string, FamilySum>, family: Family): void {
  let sum = sums.get(family.name);
  if (sum === undefined) {
    sum = { head: family, rows: new Map(), exemplars: new Map() };
    sums.set(family.name, sum);
  }
  const stride = toStride(family);
  for (let at = 0; at < family.rows.length; at++) {
    const values = family.values.subarray(at * stride, (at + 1) * stride);
    addRow(sum, { labels: family.rows[at] as string, suffix: family.suffixes?.[at] ?? '', values, count: 1 });
  }
  for (const exemplar of family.exemplars ?? []) addExemplar(sum, family, exemplar);
}

function addRow({ head, rows }: FamilySum, row: Sum): void {
  const key = `${row.suffix}{${row.labels}`;
  const known = rows.get(key);
  if (known === undefined) {
    rows.set(key, { ...row, values: row.values.slice() });
    return;
  }
  known.count++;
  if (head.aggregator === 'first') return;
  row.values.forEach((value, at) => {
    const old = known.values[at] as number;
    known.values[at] =
      head.aggregator === 'min' ? Math.min(old, value) : head.aggregator === 'max' ? Math.max(old, value) : old + value;
  });
}

/** The newest one of a bucket stays. */
function addExemplar({ exemplars }: FamilySum, family: Family, exemplar: Exemplar): void {
  const key = `{${family.rows[exemplar.row] ?? ''}`;
  const place = `${exemplar.bucket}${key}`;
  const known = exemplars.get(place);
  if (known === undefined || known.exemplar.epochMs < exemplar.epochMs) exemplars.set(place, { key, exemplar });
}

function toFamily({ head, rows, exemplars }: FamilySum): Family {
  const sums = [...rows.values()];
  const stride = toStride(head);
  const values = new Float64Array(sums.length * stride);
  sums.forEach((sum, at) => {
    const isMean = head.aggregator === 'average';
    values.set(isMean ? sum.values.map((value) => value / sum.count) : sum.values, at * stride);
  });
  const places = new Map([...rows.keys()].map((key, at) => [key, at]));
  return {
    ...head,
    rows: sums.map(({ labels }) => labels),
    ...(head.suffixes && { suffixes: sums.map(({ suffix }) => suffix) }),
    values,
    exemplars: [...exemplars.values()].map(({ key, exemplar }) => ({ ...exemplar, row: places.get(key) ?? 0 })),
  };
}
