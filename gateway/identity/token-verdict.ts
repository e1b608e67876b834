// What became of a token: verified, or refused for good as long as its issuer's keys are the same.
import type { Principal } from '../exchange.ts';
import type { KeySet } from './key-set.ts';
import type { KnownIssuer } from './known-issuer.ts';
import type { TokenFault } from './token-fault.ts';
import type { TokenTimes } from './token-times.ts';

/** A token of a known issuer, with what must be judged on every request. */
export interface DatedToken {
  readonly token: string;
  readonly issuer: KnownIssuer;
  readonly times: TokenTimes;
  readonly audiences: readonly string[];
}

/** A token as good as its issuer's keys. */
export interface VerifiedToken extends DatedToken {
  readonly fault: undefined;
  /** The keys it was verified with; under others it counts for nothing. */
  readonly keySet: KeySet;
  readonly principal: Principal;
}

export interface RefusedToken {
  readonly fault: TokenFault;
  /** Undefined for tokens of no configured issuer. */
  readonly issuer: KnownIssuer | undefined;
  /** The keys it was held against; undefined when no key had a say. */
  readonly keySet: KeySet | undefined;
}
