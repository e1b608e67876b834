// Sends a request to an instance, and to another one where that is safe, until an answer was passed on or none can be.
import type {
  Answer,
  AnswerFault,
  AnswerRelay,
  AttemptOutcome,
  AttemptTrace,
  Reply,
  RequestRecord,
  Routed,
  TraceNote,
} from '../exchange.ts';
import { applyEdits } from '../mcp/edits.ts';
import { findMetaTraceContext, toTraceEdits } from '../mcp/meta-trace-context.ts';
import { type RefusalKind, refuse } from '../refusal.ts';
import { Attempt, type AttemptEnd } from './attempt.ts';
import type { Credential } from './credential.ts';
import type { Instance, Outcome } from './instance.ts';
import type { Upstream } from './upstream.ts';
import { toUpstreamHeaders } from './upstream-headers.ts';

export interface ForwardDeps {
  readonly findUpstream: (name: string) => Upstream | undefined;
  /** What proves the gateway to this upstream; asked anew for each attempt. */
  readonly credentialOf: (upstream: string) => Credential | undefined;
  /** Milliseconds since 1970, as tokens count. */
  readonly epochMs: () => number;
  /** @param instance the label of the instance that will answer */
  readonly makeRelay: (routed: Routed, reply: Reply, instance: string, record: RequestRecord) => AnswerRelay;
  /** Milliseconds, monotonic. */
  readonly nowMs: () => number;
  /** Told of every attempt that is over. */
  readonly onAttempt: (attempt: EndedAttempt) => void;
  /** Told of every failed attempt, and whether another one follows. */
  readonly onFailedAttempt: (upstream: string, instance: Instance, fault: AnswerFault, retried: boolean) => void;
}

export interface EndedAttempt {
  readonly upstream: string;
  readonly method: string;
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
  readonly trace: TraceNote | undefined;
}

/** A request never tries more instances than this, however many there are. */
const MAX_ATTEMPTS = 3;

/** A token that is over while its answer has not begun is looked at again after this. */
const LOOK_AGAIN_MS = 250;
const MAX_WATCH_MS = 2 ** 31 - 1;

const REFUSALS: Readonly<Record<AnswerFault, RefusalKind>> = {
  refused: 'upstream_failed',
  slow: 'upstream_slow',
  unavailable: 'upstream_failed',
  challenge: 'upstream_failed',
  status: 'upstream_failed',
  media: 'upstream_failed',
  malformed: 'upstream_failed',
  undeclared: 'upstream_failed',
  hidden: 'unknown_name',
  forgotten: 'state_invalid',
  oversized: 'upstream_failed',
  cut: 'upstream_failed',
  internal: 'internal',
};

/**
 * Makes the stage that forwards.
 *
 * A request goes to a second instance only if the first one saw nothing of it, or the method only reads; never once
 * the client got a byte of an answer, never after a timeout, and only within the upstream's retry budget.
 *
 * A request about a task goes to the instance that holds it and to no other.
 *
 * @throws Refusal no_instance, upstream_failed, upstream_slow, task_lost; unknown_name where the endpoint hides what is not there
 */
export function makeForward(
  deps: ForwardDeps,
): (routed: Routed, reply: Reply, record: RequestRecord) => Promise<Answer> {
  return (routed, reply, record) => new Forwarding(deps, routed, reply, record).run();
}

/** Another instance would say the same, or has no time left to. */
const FINAL: ReadonlySet<AnswerFault> = new Set(['slow', 'challenge', 'undeclared', 'hidden', 'forgotten', 'internal']);

interface Failure {
  readonly instance: Instance;
  readonly fault: AnswerFault;
  readonly cause?: unknown;
}

/** What one attempt sends. */
interface Sending {
  readonly trace: AttemptTrace | undefined;
  readonly body: Buffer;
  /** Headers that prove the gateway to the upstream: names and values in turn. */
  readonly proof: readonly string[];
}

interface AttemptPlan extends Sending {
  readonly instance: Instance;
  readonly relay: AnswerRelay;
}

const LEFT: AttemptOutcome = { kind: 'client_left' };

const NO_PROOF: readonly string[] = [];

class Forwarding {
  private readonly deps: ForwardDeps;
  private readonly routed: Routed;
  private readonly reply: Reply;
  private readonly record: RequestRecord;
  private attempt: Attempt | undefined;
  private isConcluding = false;
  private isExpired = false;
  private isTokenOver = false;
  private tokenTimer: NodeJS.Timeout | undefined;

  constructor(deps: ForwardDeps, routed: Routed, reply: Reply, record: RequestRecord) {
    this.deps = deps;
    this.routed = routed;
    this.reply = reply;
    this.record = record;
  }

  async run(): Promise<Answer> {
    const { routed, reply } = this;
    const upstream =
      this.deps.findUpstream(routed.upstream) ?? refuse('no_instance', { reason: 'gone', retryAfterS: 1 });
    const { method } = routed.envelope;
    upstream.budget.deposit();
    reply.onGone(() => this.attempt?.leave());
    const deadline = method.listens ? undefined : setTimeout(() => this.expire(), upstream.settings.timeouts.totalMs);
    if (method.listens) reply.onShutdown(() => this.conclude());
    this.watchToken(method.listens ? Number.POSITIVE_INFINITY : upstream.settings.timeouts.totalMs);
    try {
      return await this.tryInstances(upstream);
    } finally {
      clearTimeout(deadline);
      clearTimeout(this.tokenTimer);
    }
  }

  /** No stream outlives the token it was opened with; an answer that comes in one piece may still come. */
  private watchToken(longestMs: number): void {
    const { validUntilMs } = this.routed.principal;
    if (validUntilMs === undefined) return;
    const leftMs = validUntilMs - this.deps.epochMs();
    // A call that must be over before its token needs no timer of its own.
    if (leftMs > longestMs) return;
    if (leftMs > 0) {
      // Timers cut fractions off, and Node fires those beyond 2^31 ms at once.
      this.tokenTimer = setTimeout(() => this.watchToken(longestMs), Math.min(Math.ceil(leftMs), MAX_WATCH_MS));
    } else if (this.routed.envelope.method.listens) {
      this.conclude();
    } else if (this.reply.begun) {
      this.endWithToken();
    } else {
      this.tokenTimer = setTimeout(() => this.watchToken(longestMs), LOOK_AGAIN_MS);
    }
  }

  /** The server did nothing wrong: its stream is cut as if the client had left. */
  private endWithToken(): void {
    this.isTokenOver = true;
    this.reply.abort();
    this.attempt?.leave();
  }

  /** There may be no attempt at this moment; the next one ends at once then. */
  private expire(): void {
    this.isExpired = true;
    this.attempt?.expire();
  }

  private conclude(): void {
    this.isConcluding = true;
    this.attempt?.conclude();
  }

  private async tryInstances(upstream: Upstream): Promise<Answer> {
    const tried: Instance[] = [];
    let failure: Failure | undefined;
    for (;;) {
      const sending = await this.prepare(upstream);
      if (this.reply.closed) return this.toAnswer({ kind: 'client_left' }, undefined, undefined);
      const instance = this.pickNext(upstream, tried, failure);
      const relay = this.deps.makeRelay(this.routed, this.reply, instance.label, this.record);
      const end = await this.tryInstance(upstream, { instance, relay, ...sending });
      if (end.kind !== 'failed') return this.toAnswer(end, instance, relay);
      tried.push(instance);
      failure = { instance, fault: end.fault, cause: end.cause };
      if (this.reply.begun) {
        this.report(upstream, failure, false);
        // What the client has is not whole, and must not look so.
        this.reply.abort();
        return { ending: 'cut', status: relay.status, upstream: upstream.name, instance: instance.index };
      }
      if (tried.length === MAX_ATTEMPTS || !this.mayRetry(end)) this.giveUp(upstream, failure);
    }
  }

  /** What this attempt sends: a traced one names itself in headers and body, and a credential may speak of these very bytes. */
  private async prepare(upstream: Upstream): Promise<Sending> {
    const trace = this.record.span?.beginAttempt(upstream.name);
    const body = this.toBody(trace);
    const credential = this.deps.credentialOf(upstream.name);
    if (credential === undefined) return { trace, body, proof: NO_PROOF };
    const { envelope, upstreamName = envelope.name } = this.routed;
    return {
      trace,
      body,
      proof: await credential({ ...this.routed, body, envelope: { ...envelope, name: upstreamName } }),
    };
  }

  /** In one tick with `begin`, or a drain could come in between. */
  private pickNext(upstream: Upstream, tried: readonly Instance[], failure: Failure | undefined): Instance {
    const holder = this.routed.task?.instance;
    if (holder !== undefined) return this.pickHolder(upstream, holder, failure);
    const instance = upstream.pick(tried.length === 0 ? undefined : tried);
    if (failure === undefined) return instance ?? refuse('no_instance', { reason: 'no_instance', retryAfterS: 1 });
    if (instance === undefined || !upstream.budget.withdraw()) return this.giveUp(upstream, failure);
    this.report(upstream, failure, true);
    return instance;
  }

  /** Its task lives nowhere else, so it is asked whatever its health, and once. */
  private pickHolder(upstream: Upstream, holder: string, failure: Failure | undefined): Instance {
    if (failure !== undefined) return this.giveUp(upstream, failure);
    return upstream.instances.find(({ label }) => label === holder) ?? refuse('task_lost', { reason: 'instance_gone' });
  }

  private giveUp(upstream: Upstream, failure: Failure): never {
    this.report(upstream, failure, false);
    return refuse(REFUSALS[failure.fault], { reason: failure.fault, cause: failure.cause });
  }

  private report(upstream: Upstream, { instance, fault }: Failure, retried: boolean): void {
    this.deps.onFailedAttempt(upstream.name, instance, fault, retried);
  }

  /** Counts the request in at the instance, and out again whatever happens. */
  private async tryInstance(upstream: Upstream, plan: AttemptPlan): Promise<AttemptEnd> {
    const { instance } = plan;
    upstream.begin(instance);
    let outcome: Outcome = 'abandoned';
    const { record } = this;
    record.instance = instance.label;
    const begunMs = this.deps.nowMs();
    let told: AttemptOutcome = LEFT;
    try {
      const end = await this.runAttempt(upstream, plan);
      outcome = toOutcome(end);
      told = toTold(end, plan.relay);
      return end;
    } finally {
      const durationMs = this.deps.nowMs() - begunMs;
      record.upstreamMs += durationMs;
      upstream.finish(instance, outcome);
      plan.trace?.end(told, instance.label);
      const method = this.routed.envelope.method.name;
      this.deps.onAttempt({ upstream: upstream.name, method, outcome: told, durationMs, trace: record.trace });
    }
  }

  private toBody(trace: AttemptTrace | undefined): Buffer {
    const { body, edits, envelope } = this.routed;
    if (trace === undefined) return applyEdits(body, edits);
    const { metaStart } = envelope;
    return applyEdits(body, [...edits, ...toTraceEdits(metaStart, findMetaTraceContext(body, metaStart), trace)]);
  }

  private runAttempt(upstream: Upstream, { instance, relay, proof, trace, body }: AttemptPlan): Promise<AttemptEnd> {
    const { envelope, headers, upstreamName } = this.routed;
    const { timeouts } = upstream.settings;
    const request = {
      instance,
      listens: envelope.method.listens,
      headers: [
        ...toUpstreamHeaders(
          trace === undefined ? headers : { ...headers, ...toContext(trace) },
          envelope,
          instance.hostHeader,
          upstreamName,
        ),
        ...proof,
      ],
      body,
      headersTimeoutMs: timeouts.headersMs,
      idleTimeoutMs: timeouts.idleMs,
    };
    return Attempt.run(request, relay, this.reply, (attempt) => {
      this.attempt = attempt;
      // The client or the gateway may have gone between two attempts.
      if (this.reply.closed) attempt.leave();
      else if (this.isExpired) attempt.expire();
      else if (this.isConcluding) attempt.conclude();
    });
  }

  private mayRetry(end: AttemptEnd & { kind: 'failed' }): boolean {
    if (this.reply.begun || this.reply.closed) return false;
    if (!end.sent) return true;
    return this.routed.envelope.method.read && !FINAL.has(end.fault);
  }

  private toAnswer(end: AttemptEnd, instance: Instance | undefined, relay: AnswerRelay | undefined): Answer {
    const where = { upstream: this.routed.upstream, instance: instance?.index ?? -1 };
    if (end.kind === 'client_left' || relay === undefined) {
      return { ending: this.isTokenOver ? 'token_ended' : 'client_left', status: 0, ...where };
    }
    return { ending: this.isConcluding ? 'drained' : relay.ending, status: relay.status, ...relay.error, ...where };
  }
}

function toTold(end: AttemptEnd, relay: AnswerRelay): AttemptOutcome {
  if (end.kind === 'answered') return { kind: relay.ending, ...relay.error };
  return { kind: end.kind === 'failed' ? end.fault : end.kind };
}

function toContext({ traceparent, tracestate }: AttemptTrace): Pick<AttemptTrace, 'traceparent' | 'tracestate'> {
  return { traceparent, tracestate };
}

/** These are the server's decision, not its sickness. */
const SOUND: ReadonlySet<AnswerFault> = new Set([
  'challenge',
  'status',
  'undeclared',
  'hidden',
  'forgotten',
  'internal',
]);

function toOutcome(end: AttemptEnd): Outcome {
  if (end.kind === 'answered') return 'ok';
  if (end.kind === 'client_left') return 'abandoned';
  return SOUND.has(end.fault) ? 'ok' : 'failed';
}
