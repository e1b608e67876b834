// Compares what the suite said of a server with what it said of the same server behind the gateway.
import type { Check, SuiteResults } from './run-suite.ts';

export interface Difference {
  readonly check: string;
  readonly direct: string;
  readonly through: string;
  readonly message: string | undefined;
}

export interface ScenarioComparison {
  readonly scenario: string;
  readonly direct: Score;
  readonly through: Score;
  readonly differences: readonly Difference[];
}

/** `ran` is false where the suite has no result at all. */
export interface Score {
  readonly ran: boolean;
  readonly passed: number;
  readonly failed: number;
}

export function toScore(checks: readonly Check[] | undefined): Score {
  const count = (status: Check['status']): number => checks?.filter((check) => check.status === status).length ?? 0;
  return { ran: checks !== undefined, passed: count('SUCCESS'), failed: count('FAILURE') };
}

/** Whether the scenario ran and nothing failed. */
export function isPass(score: Score): boolean {
  return score.ran && score.failed === 0;
}

/** One line for each scenario of either side, in the order of `scenarios`. */
export function compareResults(
  scenarios: readonly string[],
  direct: SuiteResults,
  through: SuiteResults,
): readonly ScenarioComparison[] {
  return scenarios.map((scenario) => ({
    scenario,
    direct: toScore(direct.get(scenario)),
    through: toScore(through.get(scenario)),
    differences: findDifferences(direct.get(scenario) ?? [], through.get(scenario) ?? []),
  }));
}

/** A check may stand several times in a scenario, so what is compared is its sorted statuses. */
function findDifferences(direct: readonly Check[], through: readonly Check[]): readonly Difference[] {
  const [before, behind] = [groupByCheck(direct), groupByCheck(through)];
  return [...new Set([...before.keys(), ...behind.keys()])].flatMap((check) => {
    const [a, b] = [before.get(check) ?? [], behind.get(check) ?? []];
    const [directly, gatewayed] = [toStatuses(a), toStatuses(b)];
    if (directly === gatewayed) return [];
    const message = [...b, ...a].find(({ errorMessage }) => errorMessage !== undefined)?.errorMessage;
    return [{ check, direct: directly, through: gatewayed, message }];
  });
}

function groupByCheck(checks: readonly Check[]): ReadonlyMap<string, readonly Check[]> {
  return Map.groupBy(checks, ({ id, name }) => `${id} (${name})`);
}

function toStatuses(checks: readonly Check[]): string {
  return checks.length === 0
    ? 'missing'
    : checks
        .map(({ status }) => status)
        .toSorted()
        .join(' ');
}
