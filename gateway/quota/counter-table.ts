// A bounded table of counters in flat arrays: about 40 bytes a counter, nothing for the garbage collector to walk.
import type { CounterKey } from './counter-key.ts';
import type { Meter } from './meter.ts';

const UNUSED = 0;
const RATE = 1;
const COUNT = 2;
/** Made while strangers shared the counter of its meter; what they hold counts here too, until none hold anything. */
const STRANGER = 4;

/** Room behind the table for the counters that strangers share, one per meter. */
const SHARED_ROOM = 1024;
/** How many slots are looked at, for idle ones, whenever a counter is added. */
const SWEEP = 4;
const SWEEP_WHEN_FULL = 64;

/**
 * Counters by key. Only idle ones are dropped: a rate whose debt is paid off and a count of nothing are no different
 * from ones that were never there. When the table is full of others, all new callers of a meter share one counter, so that
 * nobody gets a fresh start by pushing somebody out.
 *
 * The arrays have their full size from the beginning; the system backs them with memory as they fill.
 */
export class CounterTable {
  readonly #maxKeys: number;
  /** For rates, when the debt is paid off; for counts, how many. Of a free slot: the next free one. */
  readonly #values: Float64Array;
  readonly #words: Int32Array;
  readonly #flags: Uint8Array;
  /** Open addressing with linear probing: slot + 1, or 0. */
  readonly #index: Int32Array;
  readonly #shift: number;
  readonly #seed: number;
  readonly #shared = new Map<string, number>();
  #top = 0;
  #free = -1;
  #hand = 0;
  #size = 0;

  /** @param seed a secret number: who does not know it cannot make keys that collide */
  constructor(maxKeys: number, seed: number) {
    const bits = Math.max(4, Math.ceil(Math.log2(maxKeys * 2)));
    const room = maxKeys + SHARED_ROOM;
    this.#maxKeys = maxKeys;
    this.#values = new Float64Array(room);
    this.#words = new Int32Array(room * 4);
    this.#flags = new Uint8Array(room);
    this.#index = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#size;
  }

  valueAt(slot: number): number {
    return this.#values[slot] as number;
  }

  setValue(slot: number, value: number): void {
    this.#values[slot] = value;
  }

  /** @returns the slot of a counter, or -1 */
  find(key: CounterKey): number {
    if (key.slot >= 0 && this.#isAt(key, key.slot)) return key.slot;
    const mask = this.#index.length - 1;
    for (let at = this.#home(key.w0, key.w1); ; at = (at + 1) & mask) {
      const slot = (this.#index[at] as number) - 1;
      if (slot < 0) return -1;
      if (this.#isAt(key, slot)) {
        key.slot = slot;
        return slot;
      }
    }
  }

  /** Drops a few idle counters. Called before a request looks for its slots, never between. */
  sweep(nowUs: number): void {
    const isFull = this.#free < 0 && this.#top >= this.#maxKeys;
    for (let left = Math.min(isFull ? SWEEP_WHEN_FULL : SWEEP, this.#top); left > 0; left--) {
      const slot = this.#hand;
      this.#hand = slot + 1 < this.#top ? slot + 1 : 0;
      if (this.#flags[slot] !== UNUSED && this.#isIdle(slot, nowUs)) this.#drop(slot);
    }
  }

  /** @returns the slot of a counter that `find` did not find: a new one, or the one that strangers share */
  add(key: CounterKey, meter: Meter, nowUs: number): number {
    const shared = this.#shared.size === 0 ? undefined : this.#shared.get(meter.id);
    const slot = this.#free >= 0 ? this.#free : this.#top < this.#maxKeys ? this.#top++ : -1;
    if (slot < 0) return shared ?? this.#share(meter);
    if (slot === this.#free) this.#free = this.#values[slot] as number;
    const isStranger = shared !== undefined && !this.#isIdle(shared, nowUs);
    this.#flags[slot] = (meter.isCount ? COUNT : RATE) | (isStranger ? STRANGER : 0);
    this.#values[slot] = isStranger && !meter.isCount ? this.valueAt(shared) : 0;
    this.#words.set([key.w0, key.w1, key.w2, key.w3], slot * 4);
    const mask = this.#index.length - 1;
    let at = this.#home(key.w0, key.w1);
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = slot + 1;
    this.#size++;
    key.slot = slot;
    return slot;
  }

  /** How many are held of a count: its own, and what strangers hold as long as this caller may be one of them. */
  countAt(slot: number, meter: Meter): number {
    const own = this.valueAt(slot);
    if (((this.#flags[slot] as number) & STRANGER) === 0) return own;
    const shared = this.#shared.get(meter.id);
    const others = shared === undefined ? 0 : this.valueAt(shared);
    if (others === 0) this.#flags[slot] = COUNT;
    return own + others;
  }

  #share(meter: Meter): number {
    const slot = this.#maxKeys + Math.min(this.#shared.size, SHARED_ROOM - 1);
    this.#flags[slot] = meter.isCount ? COUNT : RATE;
    this.#shared.set(meter.id, slot);
    return slot;
  }

  #isIdle(slot: number, nowUs: number): boolean {
    const value = this.valueAt(slot);
    return ((this.#flags[slot] as number) & COUNT) === 0 ? value <= nowUs : value === 0;
  }

  #isAt({ w0, w1, w2, w3 }: CounterKey, slot: number): boolean {
    const words = this.#words;
    const at = slot * 4;
    const isSame = words[at] === w0 && words[at + 1] === w1 && words[at + 2] === w2 && words[at + 3] === w3;
    return isSame && this.#flags[slot] !== UNUSED;
  }

  #home(w0: number, w1: number): number {
    return (Math.imul(Math.imul(w0 ^ this.#seed, 0x9e3779b1) ^ w1, 0x85ebca6b) ^ this.#seed) >>> this.#shift;
  }

  /** Takes a slot out of the index, and moves those behind it up, so that no probe ends too early. */
  #drop(slot: number): void {
    const mask = this.#index.length - 1;
    const words = this.#words;
    let hole = this.#home(words[slot * 4] as number, words[slot * 4 + 1] as number);
    while (this.#index[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; this.#index[at] !== 0; at = (at + 1) & mask) {
      const moved = (this.#index[at] as number) - 1;
      const home = this.#home(words[moved * 4] as number, words[moved * 4 + 1] as number);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#index[hole] = moved + 1;
      hole = at;
    }
    this.#index[hole] = 0;
    this.#flags[slot] = UNUSED;
    this.#values[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }
}
