// Remembers verdicts on tokens, so that each token is read and verified once.
import type { KnownIssuer } from './known-issuer.ts';
import { type ReadToken, readToken } from './read-token.ts';
import { TokenCache } from './token-cache.ts';
import type { RefusedToken, VerifiedToken } from './token-verdict.ts';
import { verifyToken } from './verify-token.ts';

const VERIFIED_BOUNDS = { maxEntries: 20_000, maxBytes: 64 * 1024 * 1024 };
const REFUSED_BOUNDS = { maxEntries: 1_000, maxBytes: 8 * 1024 * 1024 };

/** Verdicts under one configuration; another one begins with none. */
export class TokenVerdicts {
  readonly #issuers: ReadonlyMap<string, KnownIssuer>;
  readonly #clockSkewMs: number;
  readonly #verified = new TokenCache<VerifiedToken>(VERIFIED_BOUNDS);
  readonly #refused = new TokenCache<RefusedToken>(REFUSED_BOUNDS);
  readonly #underWay = new Map<string, Promise<VerifiedToken | RefusedToken>>();

  constructor(issuers: ReadonlyMap<string, KnownIssuer>, clockSkewMs: number) {
    this.#issuers = issuers;
    this.#clockSkewMs = clockSkewMs;
  }

  /** The verdict on a token seen before; undefined when there is none, or its issuer's keys have changed. */
  find(token: string, nowMs: number): VerifiedToken | RefusedToken | undefined {
    const verified = this.#verified.find(token);
    if (verified !== undefined) {
      if (verified.issuer.keys.current(nowMs) === verified.keySet) return verified;
      this.#verified.delete(token);
    }
    const refused = this.#refused.find(token);
    if (refused?.keySet === undefined || refused.issuer?.keys.current(nowMs) === refused.keySet) return refused;
    this.#refused.delete(token);
    return undefined;
  }

  /** The verification of this token that another request waits for. */
  findUnderWay(token: string): Promise<VerifiedToken | RefusedToken> | undefined {
    return this.#underWay.get(token);
  }

  /** Reads a token never seen, and remembers when it is not worth reading again. */
  read(token: string): ReadToken | RefusedToken {
    const read = readToken(token, this.#issuers);
    if (read.fault !== undefined) this.#refused.set(token, read);
    return read;
  }

  /** Verifies a token that has been read; requests that bring the same one meanwhile share the work. Never rejects. */
  verify(read: ReadToken, nowMs: number): Promise<VerifiedToken | RefusedToken> {
    const verifying = this.#verify(read, nowMs).finally(() => this.#underWay.delete(read.token));
    this.#underWay.set(read.token, verifying);
    return verifying;
  }

  async #verify(read: ReadToken, nowMs: number): Promise<VerifiedToken | RefusedToken> {
    const verdict = await verifyToken(read, nowMs, this.#clockSkewMs);
    if (verdict.fault === undefined) this.#verified.set(read.token, verdict);
    else if (verdict.keySet !== undefined) this.#refused.set(read.token, verdict);
    return verdict;
  }
}
