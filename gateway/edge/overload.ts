// Turns requests away while the process has more on its hands than it can finish in useful time.
import { refuse } from '../refusal.ts';

export interface OverloadLimits {
  /** Requests and streams open at once. */
  readonly inFlight: number;
  /** Bytes of request bodies held at once. */
  readonly queuedBytes: number;
  /** Past this delay of the event loop nothing new is taken on; 0: never looked at. */
  readonly eventLoopDelayMs: number;
}

const SAMPLE_MS = 100;
/** How much of the last delay is still felt a sample later; a single long task sheds for a few samples only. */
const MEMORY = 0.5;
const RETRY_AFTER_S = 1;

/**
 * Health and metrics are served by another listener and never refused here.
 */
export class Overload {
  private readonly limits: () => OverloadLimits;
  private readonly nowMs: () => number;
  private timer: NodeJS.Timeout | undefined;
  private heldBytes = 0;
  private delayMs = 0;
  private dueMs = 0;

  /** @param limits asked anew each time, as a reload may change them */
  constructor(limits: () => OverloadLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  /** Begins to watch the event loop; what held it up before, such as starting, says nothing of load. */
  start(): void {
    this.delayMs = 0;
    this.dueMs = this.nowMs() + SAMPLE_MS;
    this.timer ??= setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  /** How late the event loop runs, in milliseconds, smoothed. */
  get eventLoopDelayMs(): number {
    return this.delayMs;
  }

  get queuedBytes(): number {
    return this.heldBytes;
  }

  /**
   * @param inFlight requests and streams that are open, the asking one included
   * @throws Refusal overloaded
   */
  check(inFlight: number): void {
    const { inFlight: most, eventLoopDelayMs } = this.limits();
    if (inFlight > most) refuse('overloaded', { reason: 'in_flight', retryAfterS: RETRY_AFTER_S });
    if (eventLoopDelayMs > 0 && this.delayMs > eventLoopDelayMs) {
      refuse('overloaded', { reason: 'event_loop', retryAfterS: RETRY_AFTER_S });
    }
  }

  /** Counts bytes of a body in; false when there is no room for them. They must be let go in either case. */
  hold(bytes: number): boolean {
    this.heldBytes += bytes;
    return this.heldBytes <= this.limits().queuedBytes;
  }

  letGo(bytes: number): void {
    this.heldBytes -= bytes;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const now = this.nowMs();
    const late = Math.max(0, now - this.dueMs);
    this.delayMs = Math.max(late, this.delayMs * MEMORY);
    this.dueMs = now + SAMPLE_MS;
  }
}
