// The log: one JSON line for each refused or failed request and for each event of the gateway's life, few enough to be read.
import { type Logger, pino } from 'pino';
import type { AnswerFault, RequestRecord } from '../exchange.ts';
import type { Fault, Refusal } from '../refusal.ts';
import { LogAllowance, type LogLevel } from './log-allowance.ts';
import { type LogDestination, makeLogDestination } from './log-destination.ts';
import { toSpokenName } from './log-name.ts';

export interface LogSettings {
  readonly level: string;
  readonly format: 'json' | 'pretty';
}

export interface LogDeps {
  /** On the monotonic clock. */
  readonly nowMs: () => number;
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
  readonly destination: LogDestination;
}

/** A failure of the client is its own business; one of ours wakes somebody up. */
const LEVELS: Readonly<Record<Fault, LogLevel>> = { client: 'info', upstream: 'warn', gateway: 'error' };

/** Of one kind and level. */
const LINES_PER_SECOND = 200;

export class Log {
  readonly pino: Logger;
  private readonly destination: LogDestination;
  private readonly allowance: LogAllowance;
  private onLeftOut: (lines: number) => void = () => {};

  constructor(settings: LogSettings, deps: Partial<LogDeps> = {}) {
    const { nowMs = () => performance.now(), startTimer = startRealTimer } = deps;
    this.destination =
      deps.destination ?? makeLogDestination(settings.format, (lost) => this.pino.warn({ lost }, 'lines lost'));
    this.pino = pino(
      {
        level: settings.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        serializers: { cause: pino.stdSerializers.err },
      },
      this.destination,
    );
    this.allowance = new LogAllowance(LINES_PER_SECOND, {
      nowMs,
      startTimer,
      onDropped: (dropped) => {
        // At the level of the worst that is missing: whoever would have read that line reads this one.
        const { level } = dropped.at(-1) ?? { level: 'info' };
        this.onLeftOut(dropped.reduce((sum, { lines }) => sum + lines, 0));
        this.pino[level]({ dropped: dropped.map(({ kind, lines }) => ({ kind, lines })) }, 'lines left out');
      },
    });
  }

  /** From now on tells how many lines a flood left out, at most once a second. */
  countLeftOut(listener: (lines: number) => void): void {
    this.onLeftOut = listener;
  }

  /** Changes what is written from now on. */
  setLevel(level: string): void {
    this.pino.level = level;
  }

  /** Says what became of a request that was refused or broke; a good one leaves no line. */
  request(record: RequestRecord, durationMs: number): void {
    const { refusal, answer } = record;
    if (refusal === undefined && answer?.ending !== 'cut') return;
    const level = refusal === undefined ? 'warn' : LEVELS[refusal.row.fault];
    const kind = refusal?.kind ?? 'cut';
    if (!this.mayWrite(kind, level)) return;
    const { envelope, decision } = record;
    const line = {
      requestId: record.requestId,
      traceId: record.trace?.traceId,
      endpoint: record.endpoint,
      method: envelope?.method.name,
      name: envelope === undefined ? undefined : toSpokenName(envelope),
      upstream: record.upstream,
      status: refusal?.row.status ?? answer?.status,
      kind,
      reason: refusal?.detail.reason,
      rule: decision?.rule,
      policy: decision?.policy,
      quotaRule: record.quotaRule,
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...(kind === 'internal' && { err: refusal?.detail.cause }),
    };
    this.pino[level](line, refusal === undefined ? 'answer cut' : 'request refused');
  }

  rawRefusal(refusal: Refusal): void {
    const level = LEVELS[refusal.row.fault];
    if (!this.mayWrite(refusal.kind, level)) return;
    this.pino[level](
      { kind: refusal.kind, status: refusal.row.status, reason: refusal.detail.reason },
      'request refused',
    );
  }

  failedAttempt(upstream: string, instance: string, fault: AnswerFault, retried: boolean): void {
    this.event('warn', 'attempt failed', { upstream, instance, fault, retried });
  }

  /**
   * Tells something that may come as often as requests do.
   *
   * @param words fixed ones; they name the kind whose lines are counted together
   */
  event(level: LogLevel, words: string, line: object): void {
    if (this.mayWrite(words, level)) this.pino[level](line, words);
  }

  /** Writes out what is buffered, and what was left out; called last before the process ends. */
  flush(): void {
    this.allowance.tell();
    this.destination.flush();
  }

  private mayWrite(kind: string, level: LogLevel): boolean {
    return this.pino.isLevelEnabled(level) && this.allowance.mayWrite(kind, level);
  }
}

function startRealTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
}
