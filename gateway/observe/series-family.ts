// What one metric looks like at a scrape: plain data that is cheap to make, travels between processes, and can be summed up.

/** How the values of several processes become one. */
export type Aggregator = 'sum' | 'min' | 'max' | 'first' | 'average';

/** The value of a bucket that last came with a recorded trace. */
export interface Exemplar {
  readonly row: number;
  /** Index of the bucket; `bounds.length` is the one without an upper bound. */
  readonly bucket: number;
  readonly traceId: string;
  readonly value: number;
  readonly epochMs: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly aggregator: Aggregator;
  /** One row per label set, as it is written between the braces of the text format; empty without labels. */
  readonly rows: readonly string[];
  /** Follows the name of the metric in each row; undefined: nothing does. */
  readonly suffixes?: readonly string[];
  /**
   * One value per row. With `bounds`, a row has `bounds.length + 2` of them: how many values fell into each bucket (not into
   * those below it), then into the one without a bound, then their sum.
   */
  readonly values: Float64Array;
  /** Upper bounds of the buckets of a histogram. */
  readonly bounds?: readonly number[];
  readonly exemplars?: readonly Exemplar[];
}

/** How many values one row of a family has. */
export function toStride({ bounds }: Pick<Family, 'bounds'>): number {
  return bounds === undefined ? 1 : bounds.length + 2;
}
