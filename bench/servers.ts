// Starts each server that the benchmark compares, in front of the same upstream.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { findChildren } from './cpu-time.ts';
import { findFreePort } from './find-free-port.ts';
import { type Child, startProcess, startProgram } from './start-process.ts';
import { ENDPOINT } from './workload.ts';

export interface Server {
  readonly port: number;
  /** The processes whose CPU counts. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export interface Setting {
  readonly upstreamPort: number;
  readonly signal: AbortSignal;
}

/** Runs one of our own programs, which takes its port and the upstream's. */
export async function startProxy(name: string, { upstreamPort, signal }: Setting): Promise<Server> {
  const port = await findFreePort();
  const child = startProgram(name, [port, upstreamPort], signal);
  await child.waitForPort(port);
  return { port, pids: [child.pid], stop: () => child.stop() };
}

export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

/** One worker, keep-alive on both sides, no access log. */
export async function startNginx({ upstreamPort, signal }: Setting): Promise<Server> {
  const port = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; ${temporary.join(' ')}
  upstream bench { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000000;
    location ${ENDPOINT} { proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  );
  const child = startProcess(['nginx', '-p', folder, '-c', file, '-e', 'stderr'], signal);
  await child.waitForPort(port);
  return { port, pids: findChildren(child.pid), stop: () => stopAndClear(child, folder) };
}

export interface TollgateOptions {
  readonly instances: readonly string[];
  /** Client connections it must hold at once. */
  readonly connections: number;
  /** Words put in front of the command, such as a shell that raises a limit. */
  readonly prefix?: readonly string[];
  readonly signal: AbortSignal;
}

/** The gateway as a user runs it: `serve` with a configuration file, one worker, anonymous callers, metrics on. */
export async function startTollgate(options: TollgateOptions): Promise<Server> {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  const file = join(folder, 'gateway.yaml');
  const config = {
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    limits: { connections: options.connections },
    identity: { anonymous: true },
    upstreams: { bench: { instances: options.instances } },
    endpoints: { [ENDPOINT]: { upstream: 'bench' } },
    drain: { grace: '1s' },
    telemetry: { log: { level: 'warn' } },
  };
  await writeFile(file, stringify(config));
  const cli = fileURLToPath(new URL('../gateway/cli/tollgate.ts', import.meta.url));
  const command = [...(options.prefix ?? []), process.execPath, cli, 'serve', '--config', file];
  const child = startProcess(command, options.signal);
  await child.waitForPort(port);
  return { port, pids: [child.pid], stop: () => stopAndClear(child, folder) };
}

async function stopAndClear(child: Child, folder: string): Promise<void> {
  await child.stop();
  await rm(folder, { recursive: true, force: true });
}
