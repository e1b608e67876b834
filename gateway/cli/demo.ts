// `tollgate demo`: a token issuer, three real MCP servers and the gateway before them, embedded, on loopback.
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { formatConfigError, loadConfig } from '../config/load-config.ts';
import { ALLOWED, DENIED } from '../demo/access-steps.ts';
import { DEMO_STEPS, DESYNCHRONISED } from '../demo/demo-calls.ts';
import { type DemoScene, makeScene } from '../demo/demo-people.ts';
import { startDemoServer } from '../demo/demo-server.ts';
import { startDevIssuer } from '../demo/dev-issuer.ts';
import { toCurl, withToken } from '../demo/mcp-call.ts';
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
  const servers = await Promise.all(
    ['weather-1', 'weather-2', 'weather-3'].map((instance) => startDemoServer({ instance })),
  );
  const issuer = await startDevIssuer();
  try {
    const [freePort, freeAdminPort] = await findFreePorts(port, adminPort);
    const demoEnv = {
      ...env,
      DEMO_PORT: String(freePort),
      DEMO_ADMIN_PORT: String(freeAdminPort),
      DEMO_ISSUER: issuer.issuer,
      ...Object.fromEntries(servers.map(({ url }, at) => [`DEMO_INSTANCE_${at + 1}`, url])),
    };
    const loaded = loadConfig(CONFIG, demoEnv);
    if (!loaded.ok) {
      for (const error of loaded.errors) err.write(`${formatConfigError(error)}\n`);
      return 1;
    }
    const single = await startSingle({ configFile: CONFIG, env: demoEnv, loaded });
    try {
      await single.started;
      const scene = await makeScene(`${loaded.config.publicUrl}/mcp`, issuer);
      const passed = await showSteps(scene, out);
      if (once) return passed ? 0 : 1;
      showCommands(scene, `http://${loaded.config.admin.host}:${freeAdminPort}`, out);
      await new Promise<void>((resolve) => onSignals({ onStop: resolve, onReload: () => {}, onReopen: () => {} }));
      return 0;
    } finally {
      await single.stop();
    }
  } finally {
    await Promise.all([...servers, issuer].map((server) => server.close()));
  }
}

async function showSteps(scene: DemoScene, out: Output): Promise<boolean> {
  let passed = true;
  for (const step of DEMO_STEPS) {
    const { ok, shows } = await step.run(scene);
    passed &&= ok;
    out.write(`${ok ? 'ok  ' : 'FAIL'}  ${step.title}: ${shows}\n`);
  }
  return passed;
}

function showCommands({ url, alice, ada }: DemoScene, admin: string, out: Output): void {
  out.write(`
The gateway listens at ${url}, its admin listener at ${admin}.
The tokens are good for a day, for this run of the demo alone.

Alice, a reader:
${alice}

Ada, an administrator:
${ada}

An allowed call:
${toCurl(url, withToken(ALLOWED, alice))}

A denied call; with the token of Ada it is allowed:
${toCurl(url, withToken(DENIED, alice))}

A call whose header and body disagree:
${toCurl(url, withToken(DESYNCHRONISED, alice))}

What the gateway says of itself:
curl -sS '${admin}/readyz?verbose'
curl -sS ${admin}/metrics

Ctrl-C ends it.
`);
}

/** The ports asked for, or any other free ones where they are taken. */
async function findFreePorts(...wanted: readonly [number, number]): Promise<readonly [number, number]> {
  const first = await holdPort(wanted[0]);
  // Held at once, or the system may give one port twice.
  const second = await holdPort(wanted[1]);
  await Promise.all([first, second].map((held) => held.release()));
  return [first.port, second.port];
}

async function holdPort(wanted: number): Promise<{ readonly port: number; release(): Promise<void> }> {
  for (const port of [wanted, 0]) {
    const probe = createServer();
    const got = await new Promise<number | undefined>((resolve) => {
      probe.once('error', () => resolve(undefined));
      probe.listen(port, '127.0.0.1', () => resolve((probe.address() as AddressInfo).port));
    });
    if (got !== undefined) return { port: got, release: () => new Promise((resolve) => probe.close(() => resolve())) };
  }
  throw new Error('no port of 127.0.0.1 is free');
}
