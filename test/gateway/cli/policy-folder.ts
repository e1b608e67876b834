// A configuration with rules and tests in a folder of its own, and what the commands say about it.
import type { TestContext } from 'node:test';
import { runExplain } from '../../../gateway/cli/explain.ts';
import { runTest } from '../../../gateway/cli/test.ts';
import { type ConfigDir, makeConfigDir } from '../config/make-config-dir.ts';

const GATEWAY = `publicUrl: https://mcp.example.com
identity:
  issuers:
    - issuer: https://one.example.com
      scopeImplies: { "x:admin": ["x:read"] }
    - issuer: https://two.example.com
      claims: { scopes: scp, groups: realm_access.roles, client: azp }
upstreams: { x: { instances: [http://127.0.0.1:3001/mcp] } }
endpoints:
  /mcp: { upstream: x, access: [access.yaml] }
`;

const NOW = Date.UTC(2026, 0, 30, 12);

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface PolicyFolder {
  readonly dir: ConfigDir;
  /** Writes `tests/NAME`, and runs all that were written. Paths are relative to the folder in what it says. */
  readonly test: (yaml: string, name?: string) => Promise<Said>;
  readonly explain: (as: object | string, call: string, more?: Readonly<Record<string, string>>) => Promise<Said>;
}

/** @param rules the items of `rules`, in YAML */
export function makePolicyFolder(t: TestContext, rules: readonly string[], gateway = GATEWAY): PolicyFolder {
  const dir = makeConfigDir(t);
  dir.write('gateway.yaml', gateway);
  dir.write('access.yaml', `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  const folder = dir.file.replace(/gateway\.yaml$/, '');

  async function listen(run: (io: Io) => Promise<number>): Promise<Said> {
    const printed = { out: '', err: '' };
    const code = await run({
      configFile: dir.file,
      env: {},
      nowMs: () => NOW,
      out: { write: (text) => (printed.out += text) },
      err: { write: (text) => (printed.err += text) },
    });
    return { code, out: printed.out.replaceAll(folder, ''), err: printed.err.replaceAll(folder, '') };
  }

  return {
    dir,
    test(yaml, name = 'a.yaml') {
      dir.write(`tests/${name}`, yaml);
      return listen(runTest);
    },
    explain: (as, call, more = {}) =>
      listen((io) =>
        runExplain({
          ...io,
          as: typeof as === 'string' ? as : JSON.stringify(as),
          call,
          endpoint: more['endpoint'],
          args: more['args'],
          params: more['params'],
        }),
      ),
  };
}

type Io = Parameters<typeof runTest>[0];
