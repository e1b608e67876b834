// Starts real redis-server processes on free ports of loopback, and ends them with the test by their process ids.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { until, within } from '../../support/until.ts';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Sends one command as words and gives the reply as it stands on the wire. */
  ask(...words: readonly string[]): Promise<string>;
  /** SIGSTOP and SIGCONT: a server that is there and does not answer. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

type RedisProcess = ChildProcessByStdio<null, Readable, null>;

/** @param settings lines of redis.conf, after those that every server of the tests has */
export async function startRedis(
  t: TestContext,
  settings: readonly string[] = [],
  isSentinel = false,
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-redis-'));
  const port = await findFreePort();
  const file = join(folder, 'redis.conf');
  const own = isSentinel ? [] : ['save ""', 'appendonly no'];
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...own, ...settings, ''].join('\n'));
  let child = await launch(file, isSentinel);
  t.after(async () => {
    child.kill('SIGCONT');
    await end(child);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    ask: (...words) => ask(port, words),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () => end(child),
    async restart() {
      await end(child);
      child = await launch(file, isSentinel);
    },
  };
}

async function launch(file: string, isSentinel: boolean): Promise<RedisProcess> {
  const child = spawn('redis-server', isSentinel ? [file, '--sentinel'] : [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let isReady = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('Ready to accept connections') || line.includes('Sentinel ID is')) isReady = true;
  });
  child.once('error', (error) => {
    throw new Error('redis-server could not be started', { cause: error });
  });
  await until('redis-server is ready', () => isReady);
  return child;
}

async function end(child: RedisProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await within(5000, 'redis-server to end', gone);
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const PONG = '+PONG\r\n';

async function ask(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${parts.join('')}`);
  // The second command's reply is known, so that the end of the first one's is.
  socket.write(`*1\r\n$4\r\nPING\r\n`);
  let text = '';
  socket.on('data', (piece) => (text += piece.toString()));
  try {
    await until(`${words[0]} is answered`, () => text.endsWith(PONG));
  } finally {
    socket.destroy();
  }
  return text.slice(0, -PONG.length).trimEnd();
}
