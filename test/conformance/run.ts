// Runs the official suite directly and through the gateway, prints a table, and exits 0 only when all of it holds.
import { checkConformance } from './check-conformance.ts';
import { formatReport } from './format-report.ts';
import { startGateway } from './start-gateway.ts';

const stopped = new AbortController();
const stop = (): void => stopped.abort(new Error('stopped by a signal'));
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

const report = await checkConformance({ startFront: startGateway, signal: stopped.signal });
process.stdout.write(`${formatReport(report)}\n`);
process.exitCode = report.complaints.length === 0 ? 0 : 1;
