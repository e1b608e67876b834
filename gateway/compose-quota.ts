// Makes the stages that count, and keeps the counters when a configuration is replaced by another.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Grant } from './config/grant-config.ts';
import type { QuotasConfig } from './config/quotas-config.ts';
import type { Authenticated, Received } from './exchange.ts';
import { compileGrant, fitsPrincipal } from './policy/compile-grant.ts';
import { MemoryStore } from './quota/memory-store.ts';
import { type AdmissionOutcome, makeQuota, type Quota } from './quota/quota.ts';
import { type QuotaStore, StoreFailure } from './quota/quota-store.ts';
import { RedisStore } from './quota/redis-store.ts';
import type { StoreEvent } from './quota/store-breaker.ts';
import { Refusal, refuse } from './refusal.ts';
import { startTimer } from './upstream/start-timer.ts';

/** Counters, and where they are kept; outlives configurations that keep them in the same place. */
export interface Counters {
  readonly place: Pick<QuotasConfig, 'store' | 'storeTimeoutMs'>;
  readonly store: QuotaStore;
}

/** Without quotas nothing is counted but states that open once. */
const NOTHING: Pick<QuotasConfig, 'store' | 'storeTimeoutMs' | 'rules' | 'headers'> = {
  store: { kind: 'memory', maxKeys: 1_000_000 },
  storeTimeoutMs: 50,
  rules: [],
  headers: false,
};

/** How long a process that has just started waits for its store. */
const CONNECT_WITHIN_MS = 2000;

export function makeCounters(
  quotas: QuotasConfig | undefined,
  onStoreEvent: (event: StoreEvent) => void,
  previous?: Counters,
): Counters {
  const { store, storeTimeoutMs } = quotas ?? NOTHING;
  const place = { store, storeTimeoutMs };
  if (previous !== undefined && isSamePlace(previous.place, place)) return previous;
  return { place, store: makeStore(place, onStoreEvent) };
}

const nowMs = (): number => performance.now();

/** How long a store in memory may take has no meaning. */
function isSamePlace(a: Counters['place'], b: Counters['place']): boolean {
  return isDeepStrictEqual(a.store, b.store) && (a.store.kind === 'memory' || a.storeTimeoutMs === b.storeTimeoutMs);
}

function makeStore(
  { store, storeTimeoutMs }: Counters['place'],
  onStoreEvent: (event: StoreEvent) => void,
): QuotaStore {
  if (store.kind === 'memory') {
    return new MemoryStore(store, { nowUs: () => Math.floor(nowMs() * 1000), seed: randomBytes(4).readUInt32LE() });
  }
  return new RedisStore(
    { ...store, timeoutMs: storeTimeoutMs },
    {
      nowMs,
      startTimer,
      onStoreEvent,
      processId: randomBytes(8).toString('hex'),
    },
  );
}

/** Resolves when the store answers, or has had the time to. */
export async function waitForCounters({ store }: Counters): Promise<void> {
  if (store instanceof RedisStore) await store.connected(CONNECT_WITHIN_MS);
}

export function composeQuota(
  quotas: QuotasConfig | undefined,
  { store }: Counters,
  onAdmission: (rule: string, outcome: AdmissionOutcome) => void,
): Quota {
  const { rules, headers } = quotas ?? NOTHING;
  return makeQuota({ rules, headers }, store, {
    nowMs: () => performance.now(),
    onAdmission,
    compileGrant: toPredicate,
  });
}

function toPredicate(grant: Grant): (principal: Parameters<typeof fitsPrincipal>[1]) => boolean {
  const compiled = compileGrant(grant);
  return (principal) => compiled !== undefined && fitsPrincipal(compiled, principal);
}

/**
 * Marks a state as used. @returns false when it was used before
 *
 * @throws Refusal quota_unavailable: what cannot be remembered may not be used once
 */
export async function claimOnce(store: QuotaStore, key: string, ttlMs: number): Promise<boolean> {
  try {
    return await store.claimOnce(key, ttlMs);
  } catch (error) {
    if (error instanceof StoreFailure) refuse('quota_unavailable', { reason: 'store', retryAfterS: 1 });
    throw error;
  }
}

type Authenticate = (request: Received) => Authenticated | Promise<Authenticated>;

/** Who fails to prove themselves pay by address, and are turned away before any proof once they have failed too often. */
export function chargeFailures(authenticate: Authenticate, quota: Quota): Authenticate {
  async function charge({ address, endpoint }: Received, error: unknown): Promise<never> {
    if (error instanceof Refusal && error.row.status === 401) await quota.chargeAddress(address, endpoint.path);
    throw error;
  }
  return (request) => {
    quota.checkAddress(request.address, request.endpoint.path);
    try {
      const authenticated = authenticate(request);
      return authenticated instanceof Promise
        ? authenticated.catch((error: unknown) => charge(request, error))
        : authenticated;
    } catch (error) {
      return charge(request, error);
    }
  };
}
