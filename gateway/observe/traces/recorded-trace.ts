// The trace of a request that is recorded: notes moments and attempts, and hands them over as a whole at the end.
import type { AttemptOutcome, AttemptTrace, RequestRecord, RequestTrace, TraceNote } from '../../exchange.ts';
import { formatTraceparent } from '../../mcp/trace-context.ts';
import type { Parent } from './find-parent.ts';
import type { Start } from './tracing.ts';

export interface Moment {
  readonly name: string;
  readonly epochMs: number;
}

/** One attempt at an instance, as it becomes a span. */
export interface FinishedAttempt {
  readonly spanId: string;
  readonly upstream: string;
  /** Undefined when none was reached. */
  readonly instance: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** undefined when the request ended first. */
  readonly outcome: AttemptOutcome | undefined;
}

/** One request, as it becomes spans. Times are milliseconds since 1970, with fractions. */
export interface FinishedTrace {
  readonly note: TraceNote;
  readonly parent: Parent;
  readonly startMs: number;
  readonly endMs: number;
  readonly events: readonly Moment[];
  readonly attempts: readonly FinishedAttempt[];
  readonly record: RequestRecord;
}

export interface RecordingDeps {
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  readonly makeSpanId: () => string;
  readonly finish: (trace: FinishedTrace) => void;
}

/** No request passes more stages. */
const MAX_EVENTS = 32;
const MAX_ATTEMPTS = 16;

export class RecordedTrace implements RequestTrace {
  readonly note: TraceNote;
  private readonly deps: RecordingDeps;
  private readonly parent: Parent;
  private readonly start: Start;
  private readonly events: Moment[] = [];
  private readonly attempts: RecordedAttempt[] = [];
  private isOver = false;

  constructor(note: TraceNote, parent: Parent, start: Start, deps: RecordingDeps) {
    this.note = note;
    this.parent = parent;
    this.start = start;
    this.deps = deps;
  }

  event(stage: string): void {
    if (this.events.length < MAX_EVENTS) this.events.push({ name: stage, epochMs: this.nowEpochMs() });
  }

  beginAttempt(upstream: string): AttemptTrace {
    const { deps, note, parent } = this;
    const attempt = new RecordedAttempt({
      upstream,
      spanId: deps.makeSpanId(),
      traceId: note.traceId,
      tracestate: parent.tracestate,
      nowEpochMs: () => this.nowEpochMs(),
    });
    if (this.attempts.length < MAX_ATTEMPTS) this.attempts.push(attempt);
    return attempt;
  }

  end(record: RequestRecord): void {
    if (this.isOver) return;
    this.isOver = true;
    const { note, parent, start, events } = this;
    const endMs = this.nowEpochMs();
    const attempts = this.attempts.map((attempt) => attempt.toFinished(endMs));
    this.deps.finish({ note, parent, startMs: start.startedEpochMs, endMs, events, attempts, record });
  }

  /** The wall clock may be set while a request runs; only its start is taken from there. */
  private nowEpochMs(): number {
    return this.start.startedEpochMs + (this.deps.nowMs() - this.start.startedMs);
  }
}

interface AttemptFacts {
  readonly upstream: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly tracestate: string | undefined;
  readonly nowEpochMs: () => number;
}

class RecordedAttempt implements AttemptTrace {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  private readonly facts: AttemptFacts;
  private readonly startMs: number;
  private endMs: number | undefined;
  private outcome: AttemptOutcome | undefined;
  private instance: string | undefined;

  constructor(facts: AttemptFacts) {
    this.facts = facts;
    this.traceparent = formatTraceparent(facts.traceId, facts.spanId, true);
    this.tracestate = facts.tracestate;
    this.startMs = facts.nowEpochMs();
  }

  end(outcome: AttemptOutcome, instance: string): void {
    if (this.endMs !== undefined) return;
    this.instance = instance;
    this.endMs = this.facts.nowEpochMs();
    this.outcome = outcome;
  }

  toFinished(nowMs: number): FinishedAttempt {
    const { instance, outcome } = this;
    const { spanId, upstream } = this.facts;
    return { spanId, upstream, instance, startMs: this.startMs, endMs: this.endMs ?? nowMs, outcome };
  }
}
