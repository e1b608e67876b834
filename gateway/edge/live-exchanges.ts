// Knows every exchange that is open, so that a shutdown can end streams, wait for the rest and cut what is left.
import type { ServerReply } from './server-reply.ts';

export class LiveExchanges {
  /** Not a Set: a table that V8 outgrows points at its successor, and one that got old keeps all that follow alive. */
  private readonly open: ServerReply[] = [];
  private readonly waiting: (() => void)[] = [];
  private draining = false;

  get size(): number {
    return this.open.length;
  }

  /** How many answers are streams that have begun. */
  get streams(): number {
    return this.open.filter(({ isStream }) => isStream).length;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  add(reply: ServerReply): void {
    reply.slot = this.open.push(reply) - 1;
  }

  remove(reply: ServerReply): void {
    const last = this.open.pop();
    if (last !== undefined && last !== reply) {
      this.open[reply.slot] = last;
      last.slot = reply.slot;
    }
    if (this.open.length === 0) for (const wake of this.waiting.splice(0)) wake();
  }

  /**
   * Ends streams gracefully and waits until nothing is open.
   *
   * @param graceMs after this, what is still open is cut
   * @returns how many exchanges had to be cut
   */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    // What ends leaves the list while it is walked.
    for (const reply of this.open.slice()) reply.shutDown();
    if (this.open.length > 0) await this.waitUntilEmpty(graceMs);
    const left = this.open.length;
    for (const reply of this.open.slice()) reply.abort();
    return left;
  }

  private waitUntilEmpty(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, graceMs);
      this.waiting.push(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }
}
