// Finds the row of a label set without making a string of it, and bounds how many there can be.

/** What stands for every label of a set that is not told apart: it is unknown, or the metric has reached its cap. */
export const OTHER = 'other';

/** Up to six values, in the order of the names. */
const MAX_LABELS = 6;

type Node<Row> = Map<string, Node<Row> | Row>;

/** Rows by label values: one look-up per label in maps that only ever grow, up to the cap. */
export class LabelIndex<Row> {
  readonly rows: Row[] = [];
  private readonly names: readonly string[];
  private readonly cap: number;
  private readonly makeRow: (labels: string) => Row;
  private readonly onDrop: () => void;
  private root: Node<Row> = new Map();
  private overflow: Row | undefined;
  private readonly only: Row | undefined;

  /**
   * @param cap label sets; past it new ones share one row whose labels are all `other`
   * @param makeRow gets the labels as the text format writes them between braces
   * @param onDrop called for each look-up that ended in the shared row
   */
  constructor(names: readonly string[], cap: number, makeRow: (labels: string) => Row, onDrop: () => void) {
    if (names.length > MAX_LABELS) throw new Error(`more than ${MAX_LABELS} labels: ${names.join(', ')}`);
    this.names = names;
    this.cap = cap;
    this.makeRow = makeRow;
    this.onDrop = onDrop;
    if (names.length === 0) this.only = this.append('');
  }

  find(a: string, b: string, c: string, d: string, e: string, f: string): Row {
    if (this.only !== undefined) return this.only;
    const depth = this.names.length;
    let node: Node<Row> | Row = this.root;
    for (let at = 0; at < depth; at++) {
      const value = at === 0 ? a : at === 1 ? b : at === 2 ? c : at === 3 ? d : at === 4 ? e : f;
      const next: Node<Row> | Row | undefined = (node as Node<Row>).get(value);
      if (next === undefined) return this.insert([a, b, c, d, e, f]);
      node = next;
    }
    return node as Row;
  }

  clear(): void {
    this.root = new Map();
    this.rows.length = 0;
    this.overflow = undefined;
  }

  private insert(values: readonly string[]): Row {
    if (this.rows.length < this.cap) return this.place(values);
    this.onDrop();
    this.overflow ??= this.place(values.map(() => OTHER));
    return this.overflow;
  }

  private place(values: readonly string[]): Row {
    const last = this.names.length - 1;
    let node = this.root;
    for (let at = 0; at < last; at++) {
      const value = values[at] as string;
      let next = node.get(value) as Node<Row> | undefined;
      if (next === undefined) {
        next = new Map();
        node.set(value, next);
      }
      node = next;
    }
    const known = node.get(values[last] as string);
    if (known !== undefined) return known as Row;
    const row = this.append(writeLabels(this.names, values));
    node.set(values[last] as string, row);
    return row;
  }

  private append(labels: string): Row {
    const row = this.makeRow(labels);
    this.rows.push(row);
    return row;
  }
}

/** Labels as the Prometheus text format writes them between braces. Empty values are the same as no label. */
export function writeLabels(names: readonly string[], values: readonly (string | number)[]): string {
  return names
    .map((name, at) => [name, String(values[at] ?? '')] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

const ESCAPED = /[\\"\n]/g;

function escapeLabel(value: string): string {
  return value.toWellFormed().replace(ESCAPED, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}
