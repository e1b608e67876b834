// Counters and histograms that cost a few nanoseconds to count and are turned into Prometheus values at a scrape.
/** What the registry asks of a metric; a whole process exports them, a primary sums them up. */
export interface MetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum' | 'min' | 'first';
  readonly values: { metricName?: string; labels: Record<string, string | number>; value: number }[];
}

/** A counter or gauge with labels. Rows are looked up by their label values, joined; values never hold a line feed. */
export class Series {
  readonly name: string;
  private readonly shape: Omit<MetricValues, 'values'>;
  private readonly labelNames: readonly string[];
  private readonly rows = new Map<string, { readonly labels: Record<string, string>; value: number }>();
  private readonly beforeScrape: ((series: Series) => void) | undefined;

  constructor(
    shape: Omit<MetricValues, 'values'>,
    labelNames: readonly string[],
    beforeScrape?: (series: Series) => void,
  ) {
    this.name = shape.name;
    this.shape = shape;
    this.labelNames = labelNames;
    this.beforeScrape = beforeScrape;
    if (labelNames.length === 0) this.rows.set('', { labels: {}, value: 0 });
  }

  add(amount: number, ...labels: readonly string[]): void {
    this.find(labels).value += amount;
  }

  set(value: number, ...labels: readonly string[]): void {
    this.find(labels).value = value;
  }

  clear(): void {
    this.rows.clear();
  }

  async get(): Promise<MetricValues> {
    this.beforeScrape?.(this);
    return { ...this.shape, values: [...this.rows.values()].map(({ labels, value }) => ({ labels, value })) };
  }

  private find(labels: readonly string[]): { value: number } {
    const key = labels.length === 1 ? (labels[0] as string) : labels.join('\n');
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { labels: toLabels(this.labelNames, labels), value: 0 };
      this.rows.set(key, row);
    }
    return row;
  }
}

interface HistogramRow {
  readonly labels: Record<string, string>;
  readonly counts: Float64Array;
  sum: number;
}

/** A histogram of seconds with one label. */
export class DurationSeries {
  readonly name: string;
  private readonly help: string;
  private readonly labelName: string;
  private readonly bounds: readonly number[];
  private readonly rows = new Map<string, HistogramRow>();

  constructor(name: string, help: string, labelName: string, boundsS: readonly number[]) {
    this.name = name;
    this.help = help;
    this.labelName = labelName;
    this.bounds = boundsS;
  }

  observe(seconds: number, label: string): void {
    let row = this.rows.get(label);
    if (row === undefined) {
      const labels = { [this.labelName]: label };
      row = { labels, counts: new Float64Array(this.bounds.length + 1), sum: 0 };
      this.rows.set(label, row);
    }
    let at = 0;
    while (at < this.bounds.length && seconds > (this.bounds[at] as number)) at++;
    row.counts[at] = (row.counts[at] as number) + 1;
    row.sum += seconds;
  }

  async get(): Promise<MetricValues> {
    const values: MetricValues['values'] = [];
    for (const { labels, counts, sum } of this.rows.values()) {
      let total = 0;
      this.bounds.forEach((bound, at) => {
        total += counts[at] as number;
        values.push({ metricName: `${this.name}_bucket`, labels: { ...labels, le: bound }, value: total });
      });
      total += counts[this.bounds.length] as number;
      values.push({ metricName: `${this.name}_bucket`, labels: { ...labels, le: '+Inf' }, value: total });
      values.push({ metricName: `${this.name}_sum`, labels, value: sum });
      values.push({ metricName: `${this.name}_count`, labels, value: total });
    }
    return { name: this.name, help: this.help, type: 'histogram', aggregator: 'sum', values };
  }
}

function toLabels(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}
