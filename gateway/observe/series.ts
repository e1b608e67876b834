// Counters and gauges that cost some nanoseconds to count and are turned into values at a scrape.
import type { Aggregator, Family } from './series-family.ts';
import { LabelIndex } from './series-labels.ts';

export interface SeriesShape {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Label sets; past them new ones are counted as `other`. */
  readonly cap: number;
}

interface Cell {
  readonly labels: string;
  value: number;
}

/** A counter or gauge with up to six labels. */
export class Series {
  readonly name: string;
  private readonly head: Pick<Family, 'name' | 'help' | 'type' | 'aggregator'>;
  private readonly index: LabelIndex<Cell>;
  private readonly beforeScrape: ((series: Series) => void) | undefined;

  /**
   * @param onDrop called when a value is counted as `other` because the cap is reached
   * @param beforeScrape sets the values of a gauge that only a scrape asks for
   */
  constructor(
    { name, help, labels, cap }: SeriesShape,
    kind: { readonly type: 'counter' | 'gauge'; readonly aggregator: Aggregator },
    onDrop: () => void,
    beforeScrape?: (series: Series) => void,
  ) {
    this.name = name;
    this.head = { name, help, ...kind };
    this.index = new LabelIndex(labels, cap, (text): Cell => ({ labels: text, value: 0 }), onDrop);
    this.beforeScrape = beforeScrape;
  }

  /** Label values stand in the order of their names. */
  add(amount: number, a = '', b = '', c = '', d = '', e = '', f = ''): void {
    this.index.find(a, b, c, d, e, f).value += amount;
  }

  set(value: number, a = '', b = '', c = '', d = '', e = '', f = ''): void {
    this.index.find(a, b, c, d, e, f).value = value;
  }

  /** Forgets every label set; only for series that have labels. */
  clear(): void {
    this.index.clear();
  }

  collect(): Family {
    this.beforeScrape?.(this);
    const { rows } = this.index;
    const values = new Float64Array(rows.length);
    rows.forEach((row, at) => {
      values[at] = row.value;
    });
    return { ...this.head, rows: rows.map(({ labels }) => labels), values };
  }
}
