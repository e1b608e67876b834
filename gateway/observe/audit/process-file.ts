// Gives each process of a gateway an audit file of its own.
import { posix } from 'node:path';

/**
 * @param process 1 for the only process or the first worker, which writes to the configured file itself; 2 and so on for
 *   the others: `audit.jsonl`, `audit.2.jsonl`
 */
export function toProcessFile(file: string, process: number): string {
  if (process === 1) return file;
  const { dir, name, ext } = posix.parse(file);
  return posix.join(dir, `${name}.${process}${ext}`);
}
