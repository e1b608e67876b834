// Says in one sentence each what does not hold about a conformance run.
import type { ConformanceReport } from './check-conformance.ts';
import type { ScenarioComparison } from './compare-results.ts';
import { isPass } from './compare-results.ts';

/** Not scored by the suite, but the gateway exists to enforce agreement of headers, and to find each task where it lives. */
const ownScenarios = /^(?:http-header-validation|http-custom-header-server-validation|tasks-.+)$/;

export function findComplaints(found: Omit<ConformanceReport, 'complaints'>): readonly string[] {
  const { requirements, plain, streamed, unchecking } = found;
  const scored = new Set(requirements.scored);
  const mustPass = plain.filter(({ scenario }) => scored.has(scenario) || ownScenarios.test(scenario));
  return [
    ...mustPass.filter(({ direct }) => !isPass(direct)).map(({ scenario }) => `${scenario} does not pass directly`),
    ...mustPass.filter(({ through }) => !isPass(through)).map(({ scenario }) => `${scenario} does not pass through`),
    ...(mustPass.some(({ scenario }) => scenario.startsWith('tasks-')) ? [] : ['the suite knows no tasks any more']),
    ...plain.flatMap((comparison) => describeDifferences('', comparison)),
    ...streamed.flatMap((comparison) => describeDifferences('streamed: ', comparison)),
    ...(isPass(unchecking.direct) ? ['an unchecking server passes directly, so its check proves nothing'] : []),
    ...(isPass(unchecking.through) ? [] : ['http-header-validation does not pass in front of an unchecking server']),
  ];
}

function describeDifferences(prefix: string, { scenario, direct, through, differences }: ScenarioComparison): string[] {
  if (direct.ran !== through.ran) return [`${prefix}${scenario} ran on one side only`];
  return differences.map(
    ({ check, direct: before, through: behind, message }) =>
      `${prefix}${scenario}: ${check} is ${before} directly, ${behind} through${message ? `: ${message}` : ''}`,
  );
}
