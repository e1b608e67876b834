// Starts a child process that is sure to end: its lines can be awaited, and it is stopped by its process id.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Child {
  readonly process: ChildProcess;
  /** The last lines it printed, for the message of a failure. */
  getTail(): string;
  /** The next line on standard output; rejects when the process ends first. */
  readLine(): Promise<string>;
  /** Resolves when the process is gone: SIGTERM, and SIGKILL after two seconds. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  /** Opens a channel for messages between the processes. */
  readonly channel?: boolean;
}

const tailLines = 30;

/** Runs this Node with `args`; aborting `signal` ends the child. */
export function startChild({ args, signal, channel = false }: ChildOptions): Child {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
    signal,
  });
  const tail: string[] = [];
  const remember = (line: string): void => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
  };
  // An aborted spawn says so here; whoever waits for the child hears of it there.
  child.on('error', (error) => remember(error.message));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (child.stdout === null || child.stderr === null) throw new Error('a child without pipes');
  const lines = createInterface({ input: child.stdout });
  lines.on('line', remember);
  createInterface({ input: child.stderr }).on('line', remember);

  return {
    process: child,
    getTail: () => tail.join('\n'),
    async readLine() {
      const line = once(lines, 'line').then(([text]) => String(text));
      const gone = ended.then(() => Promise.reject(new Error(`${args[0]} ended early:\n${tail.join('\n')}`)));
      return Promise.race([line, gone]);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(forced);
    },
  };
}
