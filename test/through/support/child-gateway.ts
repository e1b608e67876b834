// Runs `tollgate serve` as a process of its own, reads its log, and ends it with the test, whatever happens.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { type MetricReader, readMetrics } from './read-metrics.ts';
import { until, within } from './until.ts';

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildGateway {
  readonly pid: number;
  readonly port: number;
  readonly adminPort: number;
  readonly log: readonly LogLine[];
  /** Waits for the `count`th line with this message, and returns it. */
  waitForLog(msg: string, count?: number, withinMs?: number): Promise<LogLine>;
  /** Replaces the configuration in one step. */
  write(config: object | string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  exit(withinMs?: number): Promise<Exit>;
  /** Asks the admin listener; a refused connection gives status 0. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  scrape(): Promise<MetricReader>;
}

const ROOT = join(import.meta.dirname, '../../..');

/** A configuration of one upstream behind `/mcp`, on ports the system chooses. */
export function toConfig(instances: readonly string[], changes: object = {}): object {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    identity: { anonymous: true },
    upstreams: { fleet: { instances, paramHeaders: 'forward' } },
    endpoints: { '/mcp': { upstream: 'fleet' } },
    // Tests share the machine with each other.
    limits: { eventLoopDelay: '0s' },
    ...changes,
  };
}

/** `configmap`: `gateway.yaml` points through `..data` into a folder of its own, as Kubernetes mounts it. */
export type Layout = 'file' | 'configmap';

export async function startChildGateway(
  t: TestContext,
  config: object,
  layout: Layout = 'file',
): Promise<ChildGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-child-'));
  const file = join(folder, 'gateway.yaml');
  const put = layout === 'file' ? makeFileWriter(file) : await makeConfigMapWriter(folder);
  const write = (next: object | string): Promise<void> => put(typeof next === 'string' ? next : stringify(next));
  await write(config);
  const child = spawn(process.execPath, ['gateway/cli/tollgate.ts', 'serve', '--config', file], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  const { log, stderr } = readOutput(child);
  const find = (msg: string, count: number): LogLine | undefined => log.filter((line) => line.msg === msg)[count - 1];

  async function waitForLog(msg: string, count = 1, withinMs = 10_000): Promise<LogLine> {
    await until(
      `the log says "${msg}"`,
      () => {
        if (child.exitCode !== null && find(msg, count) === undefined)
          throw new Error(`the gateway ended with ${child.exitCode}: ${stderr()}`);
        return find(msg, count) !== undefined;
      },
      withinMs,
    );
    return find(msg, count) as LogLine;
  }

  const adminPort = Number((await waitForLog('admin listening')).port);
  const port = Number((await waitForLog('listening')).port);
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '' };
  };
  return {
    pid: child.pid ?? 0,
    port,
    adminPort,
    log,
    waitForLog,
    write,
    kill: (signal) => void child.kill(signal),
    exit: (withinMs = 10_000) => within(withinMs, 'the process to end', exited),
    ask,
    scrape: async () => readMetrics((await ask('/metrics')).text),
  };
}

function makeFileWriter(file: string): (text: string) => Promise<void> {
  return async (text) => {
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, file);
  };
}

async function makeConfigMapWriter(folder: string): Promise<(text: string) => Promise<void>> {
  await symlink('..data/gateway.yaml', join(folder, 'gateway.yaml'));
  let version = 0;
  return async (text) => {
    const name = `..version-${++version}`;
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'gateway.yaml'), text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
}

function readOutput(child: ChildProcess): { readonly log: LogLine[]; readonly stderr: () => string } {
  if (child.stdout === null || child.stderr === null) throw new Error('a child without pipes');
  const log: LogLine[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line) as LogLine));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return { log, stderr: () => errors.join('\n') };
}
