// What the load generator is asked for, and what it answers.

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time is read at both ends of the window. */
  readonly pids: readonly number[];
}

export interface LoadResult {
  /** Calls answered inside the window. */
  readonly completed: number;
  readonly perSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type LoadAnswer = { readonly result: LoadResult } | { readonly failed: string };
