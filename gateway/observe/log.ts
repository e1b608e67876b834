// The log: one JSON line for each refused or failed request and for each event of the gateway's life.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { AnswerFault, RequestRecord } from '../exchange.ts';
import type { Refusal } from '../refusal.ts';

export interface LogSettings {
  readonly level: string;
  readonly format: 'json' | 'pretty';
}

/** A failure of the client is its own business; one of ours wakes somebody up. */
const LEVELS = { client: 'info', upstream: 'warn', gateway: 'error' } as const;

export class Log {
  readonly pino: Logger;
  private readonly flushNow: () => void;

  constructor(settings: LogSettings) {
    const destination =
      settings.format === 'pretty'
        ? pretty({ colorize: process.stdout.isTTY, ignore: 'pid,hostname', sync: true })
        : pino.destination({ dest: 1, sync: false });
    this.flushNow = () => {
      if ('flushSync' in destination) destination.flushSync();
    };
    this.pino = pino(
      {
        level: settings.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        serializers: { cause: pino.stdSerializers.err },
      },
      destination,
    );
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
    const line = {
      endpoint: record.endpoint,
      method: record.envelope?.method.name,
      // The query of a URI is where secrets are put by those who know no better place.
      name: record.envelope?.name?.split('?', 1)[0]?.slice(0, 200),
      upstream: record.upstream,
      status: refusal?.row.status ?? answer?.status,
      kind: refusal?.kind ?? answer?.ending,
      reason: refusal?.detail.reason,
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...(refusal?.kind === 'internal' && { err: refusal.detail.cause }),
    };
    this.pino[level](line, refusal === undefined ? 'answer cut' : 'request refused');
  }

  rawRefusal(refusal: Refusal): void {
    this.pino.info(
      { kind: refusal.kind, status: refusal.row.status, reason: refusal.detail.reason },
      'request refused',
    );
  }

  failedAttempt(upstream: string, instance: string, fault: AnswerFault, retried: boolean): void {
    this.pino.warn({ upstream, instance, fault, retried }, 'attempt failed');
  }

  /** Writes out what is buffered; called last before the process ends. */
  flush(): void {
    this.flushNow();
  }
}
