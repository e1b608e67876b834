// Starts a child process of a benchmark and is sure to end it, by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves when it accepts connections on this port; rejects when it ends first. */
  waitForPort(port: number): Promise<void>;
  /** Its next message; rejects when it ends first. */
  waitForMessage(): Promise<unknown>;
  /** Resolves when it is gone: SIGTERM, and SIGKILL after five seconds. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;
const KILL_AFTER_MS = 5000;
const TAIL_CHARACTERS = 4000;

/** Runs one of the programs in `processes/` with Node. */
export function startProgram(name: string, args: readonly (string | number)[], signal: AbortSignal): Child {
  const file = fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url));
  return startProcess([process.execPath, file, ...args.map(String)], signal, true);
}

/** Aborting `signal` ends it; `channel` lets it send messages. */
export function startProcess([command = '', ...args]: readonly string[], signal: AbortSignal, channel = false): Child {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
    signal,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let tail = '';
  const remember = (text: unknown): void => {
    tail = (tail + String(text)).slice(-TAIL_CHARACTERS);
  };
  child.stdout?.on('data', remember);
  child.stderr?.on('data', remember);
  child.on('error', (error) => remember(error.message));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let stopping = false;
  const endedEarly = ended.then(() => {
    const failure = new Error(`${[command, ...args].join(' ')} ended early:\n${tail}`);
    if (!stopping) console.error(failure.message);
    throw failure;
  });
  endedEarly.catch(() => {});

  async function tryPort(port: number): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await accepts(port))) {
      if (performance.now() > deadline) throw new Error(`${command} did not listen on port ${port} in time:\n${tail}`);
      await pause(50);
    }
  }

  return {
    pid: child.pid ?? 0,
    process: child,
    waitForPort: (port) => Promise.race([tryPort(port), endedEarly]),
    waitForMessage: () => Promise.race([new Promise<unknown>((resolve) => child.once('message', resolve)), endedEarly]),
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await ended;
      clearTimeout(killer);
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
