// Proves with the official suite that the gateway changes nothing for a good server and makes up for a careless one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScenarioComparison, Score } from './compare-results.ts';
import { compareResults, toScore } from './compare-results.ts';
import { findComplaints } from './find-complaints.ts';
import type { Requirements } from './read-requirements.ts';
import { readRequirements } from './read-requirements.ts';
import { runSuite } from './run-suite.ts';
import { startFleet } from './start-fleet.ts';
import type { Front, FrontOptions } from './start-gateway.ts';
import type { StartedServer } from './start-server.ts';
import { startServer } from './start-server.ts';

export interface ConformanceReport {
  readonly requirements: Requirements;
  /** Servers that answer with JSON unless there is something to stream. */
  readonly plain: readonly ScenarioComparison[];
  /** The same servers, streaming every answer. */
  readonly streamed: readonly ScenarioComparison[];
  /** `http-header-validation` against a server that checks no header. */
  readonly unchecking: { readonly direct: Score; readonly through: Score };
  /** One sentence for each thing that does not hold; none when all does. */
  readonly complaints: readonly string[];
}

export interface ConformanceOptions {
  readonly startFront: (options: FrontOptions) => Promise<Front>;
  readonly signal?: AbortSignal;
}

const timeLimitMs = 110_000;
const fleetSize = 3;
const headerScenario = 'http-header-validation';

/** Starts everything on free ports, runs all suites at once and ends all it started, whatever happens. */
export async function checkConformance({ startFront, signal }: ConformanceOptions): Promise<ConformanceReport> {
  const bounded = AbortSignal.any([AbortSignal.timeout(timeLimitMs), ...(signal ? [signal] : [])]);
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-conformance-'));
  const started: { stop(): Promise<void> }[] = [];
  try {
    // The servers hit directly stand apart, so that no change told in one run is heard in the other.
    const [plainAlone] = keep(started, await startFleet(1, [], bounded));
    const [streamingAlone] = keep(started, await startFleet(1, ['--sse'], bounded));
    const plainFleet = keep(started, await startFleet(fleetSize, [], bounded));
    const streamingFleet = keep(started, await startFleet(fleetSize, ['--sse'], bounded));
    const [careless] = keep(started, [await startServer('unchecking-server.ts', [], bounded)]);
    const endpoints = {
      '/mcp': plainFleet.map(({ url }) => url),
      '/streamed': streamingFleet.map(({ url }) => url),
      '/unchecking': [careless.url],
    };
    const [front] = keep(started, [await startFront({ endpoints, folder, signal: bounded })]);
    const run = (url: string, scenario?: string) => runSuite({ url, scenario, folder, signal: bounded });
    const [requirements, ...results] = await Promise.all([
      readRequirements(),
      run(plainAlone.url),
      run(`${front.origin}/mcp`),
      run(streamingAlone.url),
      run(`${front.origin}/streamed`),
      run(careless.url, headerScenario),
      run(`${front.origin}/unchecking`, headerScenario),
    ]);
    const scenarios = [...requirements.scored, ...requirements.reported.keys()];
    const found = {
      requirements,
      plain: compareResults(scenarios, results[0], results[1]),
      streamed: compareResults(scenarios, results[2], results[3]),
      unchecking: { direct: toScore(results[4].get(headerScenario)), through: toScore(results[5].get(headerScenario)) },
    };
    return { ...found, complaints: findComplaints(found) };
  } finally {
    await Promise.all(started.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

type AtLeastOne<T> = readonly [T, ...T[]];

/** Notes what has to be stopped at the end, and hands it on. */
function keep<T extends StartedServer | Front>(
  started: { stop(): Promise<void> }[],
  some: readonly T[],
): AtLeastOne<T> {
  started.push(...some);
  const [first, ...rest] = some;
  if (first === undefined) throw new Error('nothing was started');
  return [first, ...rest];
}
