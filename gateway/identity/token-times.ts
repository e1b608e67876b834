// The times of a token, and whether a moment lies within them.
import type { StrictObject } from './strict-object.ts';

/** In milliseconds since 1970, as the token says them; without skew. */
export interface TokenTimes {
  readonly expMs: number;
  /** Minus infinity where the token does not say. */
  readonly nbfMs: number;
  readonly iatMs: number;
}

const ABSENT = Number.NEGATIVE_INFINITY;
const MAX_SECONDS = 2 ** 53;

/** Undefined when `exp` is missing, or a time is not a number of seconds that a clock could show. */
export function readTokenTimes(claims: StrictObject): TokenTimes | undefined {
  const { exp, nbf, iat } = claims;
  if (!isTime(exp) || !(nbf === undefined || isTime(nbf)) || !(iat === undefined || isTime(iat))) return undefined;
  return {
    expMs: exp * 1000,
    nbfMs: nbf === undefined ? ABSENT : nbf * 1000,
    iatMs: iat === undefined ? ABSENT : iat * 1000,
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_SECONDS;
}

/**
 * Judges a moment (RFC 7519 sections 4.1.4 to 4.1.6), letting the issuer's clock differ by the skew. A token from the
 * future is refused although RFC 7519 does not ask for it: it lives longer than its issuer meant, or a clock is wrong.
 */
export function findTimeFault(
  { expMs, nbfMs, iatMs }: TokenTimes,
  nowMs: number,
  skewMs: number,
): 'expired' | 'not_yet' | 'issued_in_future' | undefined {
  if (nowMs >= expMs + skewMs) return 'expired';
  if (nbfMs > nowMs + skewMs) return 'not_yet';
  return iatMs > nowMs + skewMs ? 'issued_in_future' : undefined;
}
