// Makes the checked form of `telemetry.audit` and `telemetry.traces`, with what their files say.
import type { FileSet } from './file-set.ts';
import type { Path } from './problem.ts';
import type { Reader } from './reader.ts';
import type { CheckedAudit } from './shape/audit.ts';
import type { CheckedTraces } from './shape/traces.ts';
import type { TelemetryConfig } from './telemetry-config.ts';

/** Takes an audit that fits the shape and stands at `path`. Its file is named here and opened by those who write it. */
export function readAudit(
  raw: CheckedAudit,
  path: Path,
  reader: Reader,
  files: FileSet,
): NonNullable<TelemetryConfig['audit']> {
  const { file, checkpointKey } = raw;
  return {
    to: file === undefined ? 'stdout' : { file: files.toPath(file) },
    onFull: raw.onFull,
    flushEveryMs: raw.flushEvery,
    checkpointEvery: raw.checkpointEvery,
    checkpointKey: checkpointKey && reader.signingKey(checkpointKey, [...path, 'checkpointKey']),
    rotateAtBytes: raw.rotateAt,
    arguments: raw.arguments,
  };
}

/** Takes traces that fit the shape and stand at `path`. */
export function readTraces(
  { otlp, sample, headers }: CheckedTraces,
  path: Path,
  reader: Reader,
): NonNullable<TelemetryConfig['traces']> {
  const read = [...headers].map(
    ([name, secret]) => [name.toLowerCase(), reader.secret(secret, [...path, 'headers', name])] as const,
  );
  return { otlp, sample, headers: new Map(read) };
}
