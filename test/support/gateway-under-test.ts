// Runs the whole gateway in this process on a free port, from a configuration file like a user's.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type App, makeApp } from '../../gateway/app.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { formatConfigError, loadConfig } from '../../gateway/config/load-config.ts';
import { Log } from '../../gateway/observe/log.ts';

export interface GatewayUnderTest {
  readonly app: App;
  readonly port: number;
  readonly origin: string;
  /** The URL of the endpoint `/mcp`. */
  readonly url: string;
  /** Checks a changed configuration and puts it in force. */
  apply(changes: object): Promise<void>;
  close(): Promise<void>;
}

/** The instances of one upstream behind `/mcp`, and keys that replace those of the configuration at the top level. */
export interface GatewayOptions {
  readonly instances: readonly string[];
  /** Keys of the upstream, such as `timeouts`. */
  readonly upstream?: object;
  /** Keys of the whole file. */
  readonly config?: object;
}

export async function startGatewayUnderTest(options: GatewayOptions): Promise<GatewayUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  const file = join(folder, 'gateway.yaml');
  const base = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    allowedHosts: ['127.0.0.1', 'localhost'],
    identity: { anonymous: true },
    // Servers of tests are asked nothing but what a test asks; those about mirrored parameters say otherwise.
    upstreams: { fleet: { instances: options.instances, paramHeaders: 'forward', ...options.upstream } },
    endpoints: { '/mcp': { upstream: 'fleet' } },
    extensions: { 'io.modelcontextprotocol/tasks': { to: { everyone: true } } },
    drain: { grace: '2s' },
    // Tests share the machine with each other.
    limits: { eventLoopDelay: '0s' },
    telemetry: { log: { level: 'fatal' } },
    ...options.config,
  };
  async function load(config: object): Promise<GatewayConfig> {
    await writeFile(file, stringify(config));
    const loaded = loadConfig(file, process.env);
    if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
    return loaded.config;
  }
  const config = await load(base);
  const app = makeApp(config, new Log(config.telemetry.log));
  const { port = 0 } = (await app.listen()) ?? {};
  return {
    app,
    port,
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/mcp`,
    apply: async (changes) => app.apply(await load({ ...base, ...changes })),
    async close() {
      await app.drain();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
