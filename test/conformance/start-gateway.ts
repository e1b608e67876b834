// Starts replicas of the gateway as a user would, with a configuration written for this run, and a front that takes turns among them.
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { startRoundRobinFront } from './round-robin-front.ts';
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

/** What one replica is started with. */
interface ReplicaOptions {
  readonly config: object;
  readonly adminPort: number;
  /** Where its configuration is written. */
  readonly file: string;
  readonly signal: AbortSignal;
}

interface Replica {
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, '../../gateway/cli/tollgate.ts');
const readyWithinMs = 15_000;
const replicaCount = 3;
// All replicas hold it; what one sealed, any other opens. No secret of anybody.
const sealingKey = { id: 'k1', secret: Buffer.alloc(32, 'tests').toString('base64') };

/** Replicas share nothing but their configuration, and no two requests in a row go to the same one. */
export async function startGateway({ endpoints, folder, signal }: FrontOptions): Promise<Front> {
  const ports: (readonly [port: number, adminPort: number])[] = [];
  for (let i = 0; i < replicaCount; i++) ports.push([await findFreePort(), await findFreePort()]);
  const front = await startRoundRobinFront(ports.map(([port]) => port));
  const starting = ports.map(([port, adminPort], at) => {
    const config = toGatewayConfig(endpoints, { publicUrl: front.origin, port, adminPort });
    return startReplica({ config, adminPort, file: join(folder, `gateway-${at}.yaml`), signal });
  });
  const settled = await Promise.allSettled(starting);
  const replicas = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all([front.close(), ...replicas.map((replica) => replica.stop())]);
  };
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed === undefined) return { origin: front.origin, stop };
  await stop();
  throw (failed as PromiseRejectedResult).reason;
}

async function startReplica({ config, adminPort, file, signal }: ReplicaOptions): Promise<Replica> {
  await writeFile(file, stringify(config));
  const child = startChild({ args: [main, 'serve', '--config', file], signal });
  try {
    await waitUntilReady(`http://127.0.0.1:${adminPort}/readyz`, () => child.process.exitCode === null);
  } catch (cause) {
    await child.stop();
    throw new Error(`a replica of the gateway did not become ready:\n${child.getTail()}`, { cause });
  }
  return child;
}

function nameOf(path: string): string {
  return path.slice(1).replaceAll('/', '-');
}

interface Listening {
  readonly publicUrl: string;
  readonly port: number;
  readonly adminPort: number;
}

function toGatewayConfig(endpoints: Endpoints, { publicUrl, port, adminPort }: Listening): object {
  const paths = Object.keys(endpoints);
  return {
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    publicUrl,
    identity: { anonymous: true },
    upstreams: Object.fromEntries(Object.entries(endpoints).map(([path, instances]) => [nameOf(path), { instances }])),
    endpoints: Object.fromEntries(paths.map((path) => [path, { upstream: nameOf(path) }])),
    extensions: { 'io.modelcontextprotocol/tasks': { to: { everyone: true } } },
    sealing: { keys: [sealingKey] },
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
