// Writes metrics as text, a piece at a time, so that a large scrape never holds up requests.
import { setImmediate } from 'node:timers/promises';
import type { TextFormat } from './metrics-accept.ts';
import { type Exemplar, type Family, toStride } from './series-family.ts';

/** Lines between two looks at what else is to be done: well under a millisecond of work. */
const LINES_AT_ONCE = 1000;

/** The text of a scrape: Prometheus text format 0.0.4, or OpenMetrics 1.0 with exemplars. */
export async function writeMetrics(families: readonly Family[], format: TextFormat): Promise<string> {
  const pieces: string[] = [];
  let lines = 0;
  for (const family of families) {
    pieces.push(writeHead(family, format));
    const writeRow = makeRowWriter(family, format);
    for (let row = 0; row < family.rows.length; row++) {
      pieces.push(writeRow(row));
      lines += toStride(family) + 1;
      if (lines < LINES_AT_ONCE) continue;
      lines = 0;
      await setImmediate();
    }
  }
  if (format === 'openmetrics') pieces.push('# EOF\n');
  return pieces.join('');
}

function writeHead({ name, help, type }: Family, format: TextFormat): string {
  const isTotal = name.endsWith('_total');
  const [named, typed] =
    format === 'text' || type !== 'counter' ? [name, type] : isTotal ? [name.slice(0, -6), type] : [name, 'unknown'];
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${named} ${format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped}\n# TYPE ${named} ${typed}\n`;
}

function makeRowWriter(family: Family, format: TextFormat): (row: number) => string {
  const { name, rows, suffixes, values, bounds } = family;
  if (bounds !== undefined) return makeHistogramWriter(family, bounds, format);
  return (row) => {
    const labels = rows[row] as string;
    const value = formatValue(values[row] as number);
    return `${name}${suffixes?.[row] ?? ''}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
  };
}

function makeHistogramWriter(family: Family, bounds: readonly number[], format: TextFormat): (row: number) => string {
  const { name, rows, values } = family;
  const stride = toStride(family);
  const limits = [...bounds.map(String), '+Inf'];
  const exemplars = format === 'openmetrics' ? indexExemplars(family) : undefined;
  return (row) => {
    const labels = rows[row] as string;
    const lead = labels === '' ? '' : `${labels},`;
    const first = row * stride;
    let text = '';
    let total = 0;
    for (let bucket = 0; bucket < limits.length; bucket++) {
      total += values[first + bucket] as number;
      const exemplar = exemplars?.get(first + bucket);
      text += `${name}_bucket{${lead}le="${limits[bucket]}"} ${total}${writeExemplar(exemplar)}\n`;
    }
    const braces = labels === '' ? '' : `{${labels}}`;
    const sum = formatValue(values[first + limits.length] as number);
    return `${text}${name}_sum${braces} ${sum}\n${name}_count${braces} ${total}\n`;
  };
}

function indexExemplars(family: Family): ReadonlyMap<number, Exemplar> {
  const stride = toStride(family);
  return new Map((family.exemplars ?? []).map((exemplar) => [exemplar.row * stride + exemplar.bucket, exemplar]));
}

function writeExemplar(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, value, epochMs } = exemplar;
  return ` # {trace_id="${traceId}"} ${formatValue(value)} ${(epochMs / 1000).toFixed(3)}`;
}

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
