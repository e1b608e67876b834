// Finds the end of the chain in a file that an earlier process wrote, and what a crash left behind it.
import { hash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { ChainEnd } from './chain.ts';
import { type AuditLine, parseLine } from './parse-line.ts';

export interface Tail {
  /** Undefined: there is no line to go on from. */
  readonly last: ChainEnd | undefined;
  /** What stands behind the last line that is as it was written, without a line feed at its end. */
  readonly torn: TornBytes | undefined;
  /** A line feed must be written first. */
  readonly isOpen: boolean;
}

export interface TornBytes {
  readonly bytes: number;
  readonly sha256: string;
}

const LINE_FEED = 0x0a;

/** No line is longer; nor is what a crash leaves. */
export const LONGEST_LINE_BYTES = 1024 * 1024;

/** @param process the chain's own label: a file that ends in the line of another one is not gone on with */
export function readTail(fd: number, size: number, process: string): Tail {
  const read = readEnd(fd, size);
  const isOpen = read.length > 0 && read[read.length - 1] !== LINE_FEED;
  const found = findLastLine(read);
  if (found === undefined) return { last: undefined, torn: read.length < size ? undefined : toTorn(read), isOpen };
  const { line, end } = found;
  const last = line.process === process ? { seq: line.seq, hash: line.hash } : undefined;
  // What stands behind the line begins behind its line feed; that alone may be what is missing.
  return { last, torn: toTorn(read.subarray(end + 1)), isOpen };
}

function readEnd(fd: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.min(size, 2 * LONGEST_LINE_BYTES));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length));
}

/** The last whole line, and where it ends. */
function findLastLine(bytes: Buffer): { readonly line: AuditLine; readonly end: number } | undefined {
  let end = bytes.length;
  while (end > 0) {
    const before = bytes.lastIndexOf(LINE_FEED, end - 1);
    const line = before === end - 1 ? undefined : parseLine(bytes.subarray(before + 1, end));
    if (line !== undefined) return { line, end };
    end = before;
  }
  return undefined;
}

function toTorn(rest: Buffer): TornBytes | undefined {
  if (rest.length === 0) return undefined;
  const torn = rest[rest.length - 1] === LINE_FEED ? rest.subarray(0, -1) : rest;
  return { bytes: torn.length, sha256: hash('sha256', torn) };
}
