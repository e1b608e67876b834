// Runs `tollgate serve` as a process whose every byte of output is kept, also when it never gets as far as to listen.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { until } from '../../support/until.ts';

export interface Process {
  /** Everything it wrote so far, to standard output and standard error. */
  readonly output: () => string;
  readonly exitCode: () => number | null;
  readonly exited: Promise<void>;
  /** The port of the log line with this message; undefined before there is one. */
  findPort(msg: 'listening' | 'admin listening'): number | undefined;
  waitForPort(msg: 'listening' | 'admin listening'): Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

const ROOT = join(import.meta.dirname, '../../../..');

/** `listen` and `admin` get ports the system chooses. */
export async function startProcess(t: TestContext, config: object): Promise<Process> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-serve-'));
  const file = join(folder, 'gateway.yaml');
  const listeners = { listen: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0 } };
  await writeFile(file, stringify({ ...listeners, ...config }));
  const child = spawn(process.execPath, ['gateway/cli/tollgate.ts', 'serve', '--config', file], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });

  function findPort(msg: string): number | undefined {
    const line = text.split('\n').find((each) => each.includes(`"msg":"${msg}"`));
    return line === undefined ? undefined : (JSON.parse(line) as { port: number }).port;
  }

  return {
    output: () => text,
    exitCode: () => child.exitCode,
    exited,
    findPort,
    async waitForPort(msg) {
      await until(`the log says "${msg}"`, () => {
        if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${text}`);
        return findPort(msg) !== undefined;
      });
      return findPort(msg) as number;
    },
    kill: (signal) => void child.kill(signal),
  };
}
