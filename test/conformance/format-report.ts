// Lays a conformance report out as a table for a terminal.
import type { ConformanceReport } from './check-conformance.ts';
import type { Score } from './compare-results.ts';

/** One row a scenario: passed of all scored checks, directly and through, plain and streamed. */
export function formatReport({ requirements, plain, streamed, unchecking, complaints }: ConformanceReport): string {
  const rows = plain.map(({ scenario, direct, through }, index) => [
    scenario,
    requirements.reported.get(scenario) ?? 'scored',
    toCell(direct),
    toCell(through),
    toCell(streamed[index]?.direct),
    toCell(streamed[index]?.through),
  ]);
  const careless = ['http-header-validation, unchecking', '', toCell(unchecking.direct), toCell(unchecking.through)];
  const table = [['scenario', 'counts as', 'direct', 'through', 'direct, SSE', 'through, SSE'], ...rows, careless];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', ...(complaints.length === 0 ? ['All of it holds.'] : complaints)].join('\n');
}

function toCell(score: Score | undefined): string {
  if (score === undefined || !score.ran) return 'none';
  return `${score.passed}/${score.passed + score.failed}`;
}
