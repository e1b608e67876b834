// Turns the results of a comparison into medians, a table and a JSON document.
import { cpus } from 'node:os';
import type { LoadResult } from './load-order.ts';

/** The row that CPU is compared with. */
const YARDSTICK = '@fastify/http-proxy';

export interface Row {
  readonly name: string;
  readonly cpuUs: number;
  readonly cpuUsLowest: number;
  readonly cpuUsHighest: number;
  /** CPU over that of the yardstick in the same repetition. */
  readonly ratio: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly repetitions: readonly LoadResult[];
}

export interface Report {
  readonly at: string;
  readonly node: string;
  readonly machine: string;
  readonly connections: number;
  readonly measureMs: number;
  readonly rows: readonly Row[];
  readonly notInstalled: readonly string[];
}

/** Medians over the repetitions. */
export function toRows(results: ReadonlyMap<string, readonly LoadResult[]>): readonly Row[] {
  const yardstick = results.get(YARDSTICK) ?? [];
  return [...results].map(([name, repetitions]) => {
    const cpuUs = repetitions.map((result) => result.cpuUsPerRequest);
    return {
      name,
      cpuUs: toMedian(cpuUs),
      cpuUsLowest: Math.min(...cpuUs),
      cpuUsHighest: Math.max(...cpuUs),
      ratio: toMedian(cpuUs.map((us, i) => us / (yardstick[i]?.cpuUsPerRequest ?? Number.NaN))),
      perSecond: toMedian(repetitions.map((result) => result.perSecond)),
      p50Ms: toMedian(repetitions.map((result) => result.p50Ms)),
      p99Ms: toMedian(repetitions.map((result) => result.p99Ms)),
      repetitions,
    };
  });
}

export function toMachine(): string {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model ?? 'unknown'}, ${process.platform} ${process.arch}`;
}

/** The table that is printed. */
export function toTable({ rows, notInstalled }: Report): string {
  const head = ['server', 'CPU us/request', 'lowest-highest', `x ${YARDSTICK}`, 'requests/s', 'p50 ms', 'p99 ms'];
  const cells = rows.map((row) => [
    row.name,
    row.cpuUs.toFixed(1),
    `${row.cpuUsLowest.toFixed(1)}-${row.cpuUsHighest.toFixed(1)}`,
    row.ratio.toFixed(2),
    row.perSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
  ]);
  const absent = notInstalled.map((name) => [name, 'not installed']);
  const lines = [head, ...cells, ...absent];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, column, widths))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function toMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
