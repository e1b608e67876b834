// Numbers workers from 1, so that the one that replaces another goes on where that one stopped.

export class WorkerPlaces {
  /** By place, the id of the worker that has it. */
  private readonly ids: (number | undefined)[] = [];

  /** The lowest free place; the same again for a worker that has one. */
  take(id: number): number {
    const own = this.ids.indexOf(id);
    if (own >= 0) return own + 1;
    const free = this.ids.indexOf(undefined);
    const at = free < 0 ? this.ids.length : free;
    this.ids[at] = id;
    return at + 1;
  }

  leave(id: number): void {
    const at = this.ids.indexOf(id);
    if (at >= 0) this.ids[at] = undefined;
  }
}
