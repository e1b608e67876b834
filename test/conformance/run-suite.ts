// Runs the official suite against one url and reads its results from the files it writes.
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { revision, suiteRoot } from './read-requirements.ts';
import { startChild } from './start-child.ts';

const check = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  errorMessage: z.string().optional(),
});

export type Check = z.infer<typeof check>;

/** Checks by scenario; a scenario that crashed or hung has no entry. */
export type SuiteResults = ReadonlyMap<string, readonly Check[]>;

export interface SuiteOptions {
  readonly url: string;
  /** One scenario alone; otherwise all that the revision requires or reports. */
  readonly scenario?: string | undefined;
  /** A folder of this run alone. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Each scenario's folder is `server-{scenario}-{time}`. */
const resultFolder = /^server-(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;

export async function runSuite({ url, scenario, folder, signal }: SuiteOptions): Promise<SuiteResults> {
  const output = await mkdtemp(join(folder, 'suite-'));
  const selection = scenario === undefined ? ['--requirements', revision] : ['--scenario', scenario];
  const version = scenario === undefined ? [] : ['--spec-version', revision];
  const program = join(suiteRoot, 'dist/index.js');
  const args = [program, 'server', '--url', url, '-o', output, ...selection, ...version];
  const child = startChild({ args, signal });
  try {
    await new Promise<void>((resolve) => child.process.once('close', () => resolve()));
    signal.throwIfAborted();
  } finally {
    await child.stop();
  }
  const results = await readResults(output);
  if (results.size === 0) throw new Error(`the suite left no results for ${url}:\n${child.getTail()}`);
  return results;
}

async function readResults(output: string): Promise<SuiteResults> {
  const results = new Map<string, readonly Check[]>();
  for (const name of await readdir(output)) {
    const scenario = resultFolder.exec(name)?.groups?.scenario;
    const text = await readFile(join(output, name, 'checks.json'), 'utf8').catch(() => undefined);
    if (scenario === undefined || text === undefined) continue;
    results.set(scenario, z.array(check).parse(JSON.parse(text)));
  }
  return results;
}
