// Reads which scenarios the installed suite scores for the revision we implement, and which it only reports.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

export const revision = '2026-07-28';

/** Where the suite is installed; it exports no module, only a program and these lists. */
export const suiteRoot = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance');

export interface Requirements {
  readonly scored: readonly string[];
  /** Scenario and reason: `extension`, `pending` or `added-after-release`. */
  readonly reported: ReadonlyMap<string, string>;
}

const requirementsFile = z.object({
  server: z.array(z.string()).min(1),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.string(), reason: z.string() })),
});

export async function readRequirements(): Promise<Requirements> {
  const text = await readFile(join(suiteRoot, 'requirements', `${revision}.yaml`), 'utf8');
  const { server, not_scored } = requirementsFile.parse(parse(text));
  const forServers = not_scored.filter(({ leg }) => leg === 'server');
  return { scored: server, reported: new Map(forServers.map(({ scenario, reason }) => [scenario, reason])) };
}
