// Three processes race for one key on one Redis: exactly the limit is admitted, and what a killed one held comes back.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { countAdmitted, isAdmitted, makeRequest } from '../../gateway/quota/quota-parts.ts';
import { until, within } from '../support/until.ts';
import { RULES } from './support/admit-many.ts';
import { makeRedisQuota } from './support/redis-quota.ts';
import { startRedis } from './support/start-redis.ts';

interface Racer {
  readonly child: ChildProcess;
  admit(method: string, tries: number): Promise<number>;
}

async function startRacer(t: TestContext, url: string, leaseMs: number): Promise<Racer> {
  const file = fileURLToPath(new URL('./support/admit-many.ts', import.meta.url));
  const child = spawn(process.execPath, [file, url, String(leaseMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const lines: Interface = createInterface({ input: child.stdout });
  const next = async (): Promise<string> =>
    within(20_000, 'a racer', new Promise((resolve) => lines.once('line', resolve)));
  await next();
  return {
    child,
    async admit(method, tries) {
      const answer = next();
      child.stdin.write(`${method} ${tries}\n`);
      return Number(await answer);
    },
  };
}

test('two hundred calls at once through three processes: exactly the limit, for rates, widths and tasks', async (t) => {
  const redis = await startRedis(t);
  const racers = await Promise.all([1, 2, 3].map(() => startRacer(t, redis.url, 30_000)));
  for (const [method, limit] of [
    ['tools/list', 61],
    ['prompts/list', 43],
    ['tools/call', 17],
  ] as const) {
    const admitted = await Promise.all(racers.map((racer, i) => racer.admit(method, i === 0 ? 66 : 67)));
    assert.equal(
      admitted.reduce((sum, count) => sum + count, 0),
      limit,
      method,
    );
  }
});

test('what a killed process held comes back by itself, and what a living one holds does not', async (t) => {
  const redis = await startRedis(t);
  const leaseMs = 1200;
  const [dying, living] = [await startRacer(t, redis.url, leaseMs), await startRacer(t, redis.url, leaseMs)];
  assert.equal(await dying.admit('prompts/list', 30), 30);
  assert.equal(await living.admit('prompts/list', 30), 13);
  dying.child.kill('SIGKILL');
  const under = await makeRedisQuota(t, { mode: 'single', url: redis.url }, RULES, leaseMs);
  const request = makeRequest({ method: 'prompts/list' });
  assert.equal(await countAdmitted(under, request, 1), 0);
  await until('the first lease of the dead one is gone', async () => isAdmitted(await under.admit(request)));
  assert.equal(await countAdmitted(under, request, 40), 29);
});
