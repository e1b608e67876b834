// Cuts bytes into pieces at random places, as a network does.
import * as fc from 'fast-check';

/** Numbers that decide where to cut; any number of them fits any length. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([]),
  fc.array(fc.nat(1_000_000), { maxLength: 12 }),
  fc.array(fc.nat(1_000_000), { minLength: 60, maxLength: 120 }),
);

/** Pieces that join to `bytes` again; some may be empty. */
export function cutBytes(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}
