// The name of one counter: a digest of the meter and of whose share it counts, of fixed length and without anyone's name.
import { hash } from 'node:crypto';

/** A counter's name, made once per caller and meter and then reused. */
export interface CounterKey {
  /** 22 characters of base64url: 128 bits of SHA-256. */
  readonly text: string;
  /** The same bits as four numbers of 32. */
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  /** Which group of counters it lives with in a sharded store: 0 to `SHARDS - 1`. */
  readonly shard: number;
  /** Where the store in memory saw it last, or -1; only a hint. */
  slot: number;
  /** What the store in Redis calls it, once it was asked for; empty before. */
  redisKey: string;
}

const SHARDS = 256;

/** @param parts told apart whatever they contain */
export function toCounterKey(parts: readonly string[], shard: number): CounterKey {
  const digest = toDigest(parts);
  return {
    text: digest.toString('base64url', 0, 16),
    w0: digest.readInt32LE(0),
    w1: digest.readInt32LE(4),
    w2: digest.readInt32LE(8),
    w3: digest.readInt32LE(12),
    shard,
    slot: -1,
    redisKey: '',
  };
}

/** The shard of all counters that belong to one caller. */
export function toShard(parts: readonly string[]): number {
  return toDigest(parts).readUInt8(0) % SHARDS;
}

function toDigest(parts: readonly string[]): Buffer {
  return hash('sha256', JSON.stringify(parts), 'buffer');
}
