// Finds how many files a child process may open, and raises that where this machine lets us.
import { spawnSync } from 'node:child_process';

export interface FileLimit {
  readonly files: number;
  /** Words to put in front of a command that is to have this limit. */
  readonly prefix: readonly string[];
}

/** Node raises the soft limit to the hard one by itself; only the hard one needs a shell, and a privilege. */
export function getFileLimit(wanted: number): FileLimit {
  const hard = ask('ulimit -Hn');
  const present = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
  if (present >= wanted) return { files: present, prefix: [] };
  const raised = Number(ask(`ulimit -n ${wanted} 2>/dev/null && ulimit -n`));
  if (raised === wanted) return { files: wanted, prefix: ['sh', '-c', `ulimit -n ${wanted} && exec "$@"`, 'sh'] };
  return { files: present, prefix: [] };
}

function ask(script: string): string {
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trim();
}
