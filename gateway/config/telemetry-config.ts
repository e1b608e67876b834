// What the gateway tells of itself, checked: log, audit, traces. Holds secrets; never log one whole.

export interface TelemetryConfig {
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Undefined: none is written. */
  readonly audit: AuditConfig | undefined;
  /** Undefined: none are made. */
  readonly traces: TracesConfig | undefined;
}

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
type LogFormat = 'json' | 'pretty';

interface AuditConfig {
  /** The file is an absolute path. */
  readonly to: 'stdout' | { readonly file: string };
  /** When lines come faster than they can be written: requests wait, or lines are lost and counted. */
  readonly onFull: 'block' | 'drop';
  readonly flushEveryMs: number;
  /** Lines between two checkpoints. */
  readonly checkpointEvery: number;
  /** PEM contents: a private Ed25519 key. Undefined: checkpoints are not signed. */
  readonly checkpointKey: string | undefined;
  /** Undefined: the file grows on. */
  readonly rotateAtBytes: number | undefined;
  readonly arguments: readonly AuditedArgument[];
}

/** An argument that is written down; all others never are. */
interface AuditedArgument {
  /** Glob of tools. */
  readonly tool: string;
  /** JSON Pointer into the arguments. */
  readonly pointer: string;
  readonly as: 'value' | 'digest';
}

interface TracesConfig {
  /** URL of an OTLP/HTTP collector, without `/v1/traces`. */
  readonly otlp: string;
  /** The fraction of requests that is recorded, from 0 to 1. */
  readonly sample: number;
  /** Sent with every export, names in lower case; the values are secrets. */
  readonly headers: ReadonlyMap<string, string>;
}
