// A quota over a real Redis, with what it tells of the store.
import type { TestContext } from 'node:test';
import type { RedisSettings } from '../../../../gateway/quota/redis-settings.ts';
import { RedisStore } from '../../../../gateway/quota/redis-store.ts';
import type { StoreEvent } from '../../../../gateway/quota/store-breaker.ts';
import { makeQuotaUnderTest, type QuotaUnderTest, type Rule } from '../../../gateway/quota/quota-parts.ts';

export interface RedisQuota extends QuotaUnderTest {
  readonly store: RedisStore;
  readonly events: StoreEvent[];
}

type Settings = Partial<RedisSettings> & Pick<RedisSettings, 'mode'>;

let processes = 0;

export async function makeRedisQuota(
  t: TestContext,
  settings: Settings,
  rules: readonly Rule[],
  leaseMs?: number,
  connectMs?: number,
): Promise<RedisQuota> {
  const { store, events } = await openStore(t, settings, leaseMs, connectMs);
  return { ...makeQuotaUnderTest(rules, { store }), store, events };
}

export async function openStore(
  t: Pick<TestContext, 'after'>,
  settings: Settings,
  leaseMs?: number,
  connectMs = 5000,
): Promise<Pick<RedisQuota, 'store' | 'events'>> {
  const events: StoreEvent[] = [];
  const store = new RedisStore({ prefix: 'test:', timeoutMs: 500, ...settings } as RedisSettings, {
    nowMs: () => performance.now(),
    startTimer: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    processId: `p${process.pid}x${processes++}`,
    onStoreEvent: (event) => void events.push(event),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  t.after(() => store.close());
  if (!(await store.connected(connectMs))) throw new Error('no connection to the store');
  return { store, events };
}
