// What a panel of a dashboard is, in the few words that differ from panel to panel, and how queries are written.

export interface Query {
  /** PromQL; `$__rate_interval` and the variables of the dashboard may stand in it. */
  readonly expr: string;
  /** Name of the line; `{{label}}` is replaced. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows and what to make of it. */
  readonly description: string;
  /** `numbers`: one number per query, now; `table`: one row per series, now. */
  readonly kind: 'lines' | 'stacked' | 'numbers' | 'table';
  /** A unit of Grafana, such as `reqps`. */
  readonly unit: string;
  /** Columns out of 24; default 12. */
  readonly width?: number;
  readonly queries: readonly Query[];
  /** Numbers: from this value on it is red. */
  readonly redFrom?: number;
  /** Numbers: from this value on it is green, below it is red. */
  readonly greenFrom?: number;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** `label_values(metric, label)`. */
  readonly query: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Stable: links of others stand on it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Beside the data source, the job and the replica. */
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** A metric of the replicas that are looked at. @param matchers further ones, such as `outcome="refused"` */
export function pick(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`;
}

/** How fast a counter rises, per second, summed up. @param by labels that are kept */
export function rateBy(by: string, metric: string, ...matchers: readonly string[]): string {
  return `sum by (${by}) (rate(${pick(metric, ...matchers)}[$__rate_interval]))`;
}

export function rate(metric: string, ...matchers: readonly string[]): string {
  return `sum(rate(${pick(metric, ...matchers)}[$__rate_interval]))`;
}

/** @param by labels that are kept, in the form `, label`, or nothing */
export function quantile(share: number, by: string, metric: string, ...matchers: readonly string[]): string {
  return `histogram_quantile(${share}, sum by (le${by}) (rate(${pick(`${metric}_bucket`, ...matchers)}[$__rate_interval])))`;
}
