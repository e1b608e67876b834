// Reads from /proc what a process has used: CPU time over all its threads, and resident memory (proc(5)).
import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports process times in ticks of 1/100 s, whatever the kernel was built with. */
const TICK_MS = 10;

/** User and system time of these processes, threads included, in milliseconds. */
export function readCpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readStat(pid);
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

/** The processes whose parent is `pid`, such as the workers of nginx. */
export function findChildren(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((candidate) => isChildOf(candidate, pid));
}

/** Resident memory in KiB. */
export function readRssKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

function isChildOf(candidate: number, parent: number): boolean {
  try {
    return Number(readStat(candidate)[1]) === parent;
  } catch {
    return false; // It ended since the folder was read.
  }
}

/** The fields behind the command, which may hold spaces and parentheses: state, parent, and so on. */
function readStat(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
