// Decides which traces are recorded, by their id alone, so that all requests of one trace are recorded or none is.

const RANGE = 2 ** 32;

/**
 * A client chooses the id of the trace it sends, so the id is mixed with a seed that clients do not know: one who searched for
 * ids that are always recorded has nothing to search by. The flag of the client is not asked.
 *
 * @param fraction from 0 (none) to 1 (all)
 * @param seed the same for all replicas, or they decide differently about one trace
 */
export function makeSampler(fraction: number, seed: string): (traceId: string) => boolean {
  if (fraction >= 1) return () => true;
  if (!(fraction > 0)) return () => false;
  const threshold = fraction * RANGE;
  const start = mix(hash(seed, 0x811c9dc5));
  return (traceId) => mix(hash(traceId, start)) < threshold;
}

/** FNV-1a over the characters. */
function hash(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
