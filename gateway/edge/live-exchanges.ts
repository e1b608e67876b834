// Knows every exchange that is open, so that a shutdown can end streams, wait for the rest and cut what is left.
import type { ServerReply } from './server-reply.ts';

export class LiveExchanges {
  private readonly open = new Set<ServerReply>();
  private readonly waiting: (() => void)[] = [];
  private draining = false;

  get size(): number {
    return this.open.size;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  add(reply: ServerReply): void {
    this.open.add(reply);
  }

  remove(reply: ServerReply): void {
    this.open.delete(reply);
    if (this.open.size === 0) for (const wake of this.waiting.splice(0)) wake();
  }

  /**
   * Ends streams gracefully and waits until nothing is open.
   *
   * @param graceMs after this, what is still open is cut
   * @returns how many exchanges had to be cut
   */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    for (const reply of this.open) reply.shutDown();
    if (this.open.size > 0) await this.waitUntilEmpty(graceMs);
    const left = this.open.size;
    for (const reply of this.open) reply.abort();
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
