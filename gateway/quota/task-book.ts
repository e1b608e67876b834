// Remembers the tasks that are alive, which slots each holds and until when; soonest end first.
import type { BegunTask } from './quota-store.ts';

/** A slot that a task is to hold, taken already. */
export interface NewHold {
  /** -1: none; the task is only known for its polls. */
  readonly slot: number;
  /** Whose counter it is of. */
  readonly rule: string;
  /** When it is free by itself. */
  readonly endsUs: number;
}

/** One slot that a task holds. */
interface Hold {
  readonly task: BookedTask;
  readonly slot: number;
  /** How many hold one of the same rule. */
  readonly tally: Tally;
  endsUs: number;
  /** Its place in the heap. */
  at: number;
}

interface BookedTask {
  readonly key: string;
  readonly holds: Hold[];
  pollEveryUs: number;
  nextPollUs: number;
}

interface Tally {
  live: number;
}

/** How many ends are dealt with in one go, so that no request pays for a great many. */
const ENDS_AT_ONCE = 256;

export class TaskBook {
  readonly #tasks = new Map<string, BookedTask>();
  /** A binary heap. */
  readonly #heap: Hold[] = [];
  /** By rule; there are as many as the configuration ever had. */
  readonly #tallies = new Map<string, Tally>();
  readonly #free: (slot: number) => void;

  /** @param free gives one slot back */
  constructor(free: (slot: number) => void) {
    this.#free = free;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** How many tasks hold a slot of a rule. */
  countLive(rule: string): number {
    return this.#tallies.get(rule)?.live ?? 0;
  }

  find(key: string): BookedTask | undefined {
    return this.#tasks.get(key);
  }

  /** Frees what has ended by itself. */
  expire(nowUs: number): void {
    for (let left = ENDS_AT_ONCE; left > 0; left--) {
      const hold = this.#heap[0];
      if (hold === undefined || hold.endsUs > nowUs) return;
      this.#let(hold);
      const { task } = hold;
      task.holds.splice(task.holds.indexOf(hold), 1);
      if (task.holds.length === 0) this.#tasks.delete(task.key);
    }
  }

  /**
   * Hands slots over to a task. A task that is known and holds a slot of the same counter does not hold it twice.
   *
   * @param holds one per counter
   */
  keep({ key, pollEveryUs }: BegunTask, holds: readonly NewHold[]): void {
    let task = this.#tasks.get(key.text);
    if (task === undefined) {
      task = { key: key.text, holds: [], pollEveryUs, nextPollUs: 0 };
      this.#tasks.set(key.text, task);
    }
    task.pollEveryUs = pollEveryUs;
    for (const { slot, rule, endsUs } of holds) {
      const known = task.holds.find((hold) => hold.slot === slot);
      if (known === undefined) {
        const hold: Hold = { task, slot, tally: this.#findTally(rule), endsUs, at: this.#heap.length };
        if (slot >= 0) hold.tally.live++;
        task.holds.push(hold);
        this.#heap.push(hold);
        this.#rise(hold);
      } else {
        if (slot >= 0) this.#free(slot);
        known.endsUs = endsUs;
        this.#rise(known);
        this.#sink(known);
      }
    }
  }

  /** Frees all that a task holds; of an unknown one, nothing. */
  end(key: string): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    this.#tasks.delete(key);
    for (const hold of task.holds) this.#let(hold);
  }

  /** Takes a hold out of the heap and gives its slot back. */
  #let(hold: Hold): void {
    const last = this.#heap.pop() as Hold;
    if (last !== hold) {
      last.at = hold.at;
      this.#heap[last.at] = last;
      this.#rise(last);
      this.#sink(last);
    }
    if (hold.slot < 0) return;
    hold.tally.live--;
    this.#free(hold.slot);
  }

  #findTally(rule: string): Tally {
    let tally = this.#tallies.get(rule);
    if (tally === undefined) this.#tallies.set(rule, (tally = { live: 0 }));
    return tally;
  }

  #rise(hold: Hold): void {
    while (hold.at > 0) {
      const parent = this.#heap[(hold.at - 1) >> 1] as Hold;
      if (parent.endsUs <= hold.endsUs) return;
      this.#swap(hold, parent);
    }
  }

  #sink(hold: Hold): void {
    for (;;) {
      const left = this.#heap[hold.at * 2 + 1];
      const right = this.#heap[hold.at * 2 + 2];
      const sooner = right !== undefined && left !== undefined && right.endsUs < left.endsUs ? right : left;
      if (sooner === undefined || sooner.endsUs >= hold.endsUs) return;
      this.#swap(hold, sooner);
    }
  }

  #swap(a: Hold, b: Hold): void {
    const at = a.at;
    a.at = b.at;
    b.at = at;
    this.#heap[a.at] = a;
    this.#heap[b.at] = b;
  }
}
