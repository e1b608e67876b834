// Starts the gateway as a user would, with a configuration written for this run, and waits until it is ready.
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { startChild } from './start-child.ts';

/** One endpoint each: the path clients call, and the instances behind it. */
export type Endpoints = Readonly<Record<`/${string}`, readonly string[]>>;

export interface Front {
  /** The origin clients call; endpoint paths come after it. */
  readonly origin: string;
  stop(): Promise<void>;
}

export interface FrontOptions {
  readonly endpoints: Endpoints;
  /** A folder of this run alone. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

const main = join(import.meta.dirname, '../../gateway/cli/tollgate.ts');
const readyWithinMs = 15_000;

export async function startGateway({ endpoints, folder, signal }: FrontOptions): Promise<Front> {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const config = join(folder, 'gateway.yaml');
  await writeFile(config, stringify(toGatewayConfig(endpoints, port, adminPort)));
  const child = startChild({ args: [main, 'serve', '--config', config], signal });
  try {
    await waitUntilReady(`http://127.0.0.1:${adminPort}/readyz`, () => child.process.exitCode === null);
  } catch (cause) {
    await child.stop();
    throw new Error(`the gateway did not become ready:\n${child.getTail()}`, { cause });
  }
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.stop() };
}

function nameOf(path: string): string {
  return path.slice(1).replaceAll('/', '-');
}

function toGatewayConfig(endpoints: Endpoints, port: number, adminPort: number): object {
  const origin = `http://127.0.0.1:${port}`;
  const paths = Object.keys(endpoints);
  return {
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    publicUrl: origin,
    identity: { anonymous: true },
    upstreams: Object.fromEntries(Object.entries(endpoints).map(([path, instances]) => [nameOf(path), { instances }])),
    endpoints: Object.fromEntries(paths.map((path) => [path, { upstream: nameOf(path) }])),
    extensions: { 'io.modelcontextprotocol/tasks': { to: { everyone: true } } },
    telemetry: { log: { level: 'warn' } },
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function waitUntilReady(url: string, isAlive: () => boolean): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline && isAlive()) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await delay(50);
  }
  throw new Error(isAlive() ? `${url} was not 200 within ${readyWithinMs} ms` : 'the process ended');
}
