// Histograms of seconds that cost some nanoseconds to count, with the last recorded trace of each bucket.
import type { SeriesShape } from './series.ts';
import type { Exemplar, Family } from './series-family.ts';
import { LabelIndex } from './series-labels.ts';

interface Held {
  readonly traceId: string;
  readonly value: number;
  readonly epochMs: number;
}

interface Row {
  readonly labels: string;
  /** One per bucket, the last one without a bound, then the sum. */
  readonly values: Float64Array;
  /** Made with the first recorded trace. */
  held: (Held | undefined)[] | undefined;
}

/** A histogram of seconds with up to three labels. */
export class DurationSeries {
  readonly name: string;
  private readonly head: Pick<Family, 'name' | 'help' | 'type' | 'aggregator' | 'bounds'>;
  private readonly bounds: Float64Array;
  private readonly index: LabelIndex<Row>;
  private readonly epochMs: () => number;

  /** @param boundsS upper bounds in seconds, rising */
  constructor(
    { name, help, labels, cap }: SeriesShape,
    boundsS: readonly number[],
    { onDrop, epochMs }: { readonly onDrop: () => void; readonly epochMs: () => number },
  ) {
    this.name = name;
    this.head = { name, help, type: 'histogram', aggregator: 'sum', bounds: boundsS };
    this.bounds = new Float64Array(boundsS);
    this.epochMs = epochMs;
    const width = boundsS.length + 2;
    const makeRow = (text: string): Row => ({ labels: text, values: new Float64Array(width), held: undefined });
    this.index = new LabelIndex(labels, cap, makeRow, onDrop);
  }

  /** @param traceId of a trace that is recorded; undefined otherwise */
  observe(seconds: number, traceId: string | undefined, a = '', b = '', c = ''): void {
    const row = this.index.find(a, b, c, '', '', '');
    const { bounds } = this;
    const { values } = row;
    const count = bounds.length;
    let at = 0;
    while (at < count && seconds > (bounds[at] as number)) at++;
    values[at] = (values[at] as number) + 1;
    values[count + 1] = (values[count + 1] as number) + seconds;
    if (traceId !== undefined) {
      row.held ??= Array.from({ length: count + 1 }, () => undefined);
      row.held[at] = { traceId, value: seconds, epochMs: this.epochMs() };
    }
  }

  collect(): Family {
    const { rows } = this.index;
    const stride = this.bounds.length + 2;
    const values = new Float64Array(rows.length * stride);
    const exemplars: Exemplar[] = [];
    rows.forEach((row, at) => {
      values.set(row.values, at * stride);
      row.held?.forEach((held, bucket) => {
        if (held !== undefined) exemplars.push({ row: at, bucket, ...held });
      });
    });
    return { ...this.head, rows: rows.map(({ labels }) => labels), values, exemplars };
  }
}
