// Verifies the signature of a token that has been read, with a key of its own issuer, and makes its principal.
import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import type { KeySet } from './key-set.ts';
import type { ReadToken } from './read-token.ts';
import type { TokenFault } from './token-fault.ts';
import type { RefusedToken, VerifiedToken } from './token-verdict.ts';

/**
 * Verifies a token. May wait for keys: for a fetch under way when there are none, for one on demand when its `kid` is
 * unknown.
 *
 * @returns the verified token, or why it is none: without a `keySet` the next try may end otherwise; never rejects
 */
export async function verifyToken(
  read: ReadToken,
  nowMs: number,
  clockSkewMs: number,
): Promise<VerifiedToken | RefusedToken> {
  const { token, issuer, alg, kid, times, audiences, claims } = read;
  const no = (fault: TokenFault, keySet?: KeySet): RefusedToken => ({ fault, issuer, keySet });
  let keySet = issuer.keys.current(nowMs) ?? (await issuer.keys.settle());
  if (keySet?.choose(kid, alg) === 'key_unknown' && kid !== undefined) keySet = await issuer.keys.fetchOnDemand();
  if (keySet === undefined) return no('keys_unavailable');

  const choice = keySet.choose(kid, alg);
  if (choice === 'key_unknown') return no(choice);
  if (choice === 'alg') return no(choice, keySet);
  if (!(await isSigned(token, alg, choice))) return no('signature', keySet);
  const principal = issuer.toPrincipal(claims, times.expMs + clockSkewMs);
  if (principal === undefined) return no('claims', keySet);
  return { fault: undefined, token, issuer, keySet, times, audiences, principal };
}

async function isSigned(token: string, alg: string, keys: readonly KeyObject[]): Promise<boolean> {
  const options = { algorithms: [alg] };
  for (const key of keys) {
    try {
      await compactVerify(token, key, options);
      return true;
    } catch {
      // Not signed by this key; jose's words would add nothing to the reason.
    }
  }
  return false;
}
