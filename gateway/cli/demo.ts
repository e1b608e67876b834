// `tollgate demo`: three real MCP servers and the gateway before them, embedded, on loopback.
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { formatConfigError, loadConfig } from '../config/load-config.ts';
import { ALLOWED, DEMO_STEPS, DESYNCHRONISED, UNKNOWN_METHOD } from '../demo/demo-calls.ts';
import { startDemoServer } from '../demo/demo-server.ts';
import { toCurl } from '../demo/mcp-call.ts';
import { makeTaskStore } from '../demo/task-store.ts';
import type { Output } from '../output.ts';
import { onSignals } from '../process/signals.ts';
import { startSingle } from '../process/single.ts';

export interface DemoSettings {
  /** Make the calls, show their answers, end. */
  readonly once: boolean;
  readonly port: number;
  readonly adminPort: number;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
}

const CONFIG = fileURLToPath(new URL('../../policies/demo/gateway.yaml', import.meta.url));

/** @returns the exit code: 0 when every call got the answer it had to get */
export async function runDemo({ once, port, adminPort, env, out, err }: DemoSettings): Promise<number> {
  // Tasks live in a server's memory; these three share theirs, as servers with a common database would.
  const tasks = makeTaskStore();
  const servers = await Promise.all(
    ['weather-1', 'weather-2', 'weather-3'].map((instance) => startDemoServer({ instance, tasks })),
  );
  try {
    const demoEnv = {
      ...env,
      DEMO_PORT: String(await findFreePort(port)),
      DEMO_ADMIN_PORT: String(await findFreePort(adminPort)),
      ...Object.fromEntries(servers.map(({ url }, at) => [`DEMO_INSTANCE_${at + 1}`, url])),
    };
    const loaded = loadConfig(CONFIG, demoEnv);
    if (!loaded.ok) {
      for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
      return 1;
    }
    const single = await startSingle({ configFile: CONFIG, env: demoEnv, loaded });
    try {
      const url = `http://${loaded.config.listen.host}:${demoEnv.DEMO_PORT}/mcp`;
      const admin = `http://${loaded.config.admin.host}:${demoEnv.DEMO_ADMIN_PORT}`;
      const passed = await showSteps(url, out);
      if (once) return passed ? 0 : 1;
      showCommands(url, admin, out);
      await new Promise<void>((resolve) => onSignals({ onStop: resolve, onReload: () => {} }));
      return 0;
    } finally {
      await single.stop();
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

async function showSteps(url: string, out: Output): Promise<boolean> {
  let passed = true;
  for (const step of DEMO_STEPS) {
    const { ok, shows } = await step.run(url);
    passed &&= ok;
    out.write(`${ok ? 'ok  ' : 'FAIL'}  ${step.title}: ${shows}\n`);
  }
  return passed;
}

function showCommands(url: string, admin: string, out: Output): void {
  out.write(`
The gateway listens at ${url}, its admin listener at ${admin}.

An allowed call:
${toCurl(url, ALLOWED)}

A call whose header and body disagree:
${toCurl(url, DESYNCHRONISED)}

A method that is not served:
${toCurl(url, UNKNOWN_METHOD)}

What the gateway says of itself:
curl -sS '${admin}/readyz?verbose'
curl -sS ${admin}/metrics

Ctrl-C ends it.
`);
}

/** The port asked for, or any other free one when it is taken. */
async function findFreePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const probe = createServer();
    const got = await new Promise<number | undefined>((resolve) => {
      probe.once('error', () => resolve(undefined));
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address();
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
    if (got === undefined) continue;
    await new Promise((resolve) => probe.close(resolve));
    return got;
  }
  throw new Error('no port of 127.0.0.1 is free');
}
