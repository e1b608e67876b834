// Tasks hold a slot of their owner from the call until their end, and are polled no faster than they want.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admitted } from '../../../gateway/exchange.ts';
import type { Refusal } from '../../../gateway/refusal.ts';
import { ADA, BOB, isAdmitted, makeQuotaUnderTest, makeRequest, makeRule, type QuotaUnderTest } from './quota-parts.ts';

const UPSTREAM = 'files';
const CALL = makeRequest({ declares: true });

async function begin(
  under: QuotaUnderTest,
  id: string,
  terms: { ttlMs?: number | null; pollIntervalMs?: number } = {},
) {
  const admitted = await under.admit(CALL);
  if (!isAdmitted(admitted)) return undefined;
  const { ttlMs = null, pollIntervalMs } = terms;
  under.quota.taskBegan(admitted, { upstream: UPSTREAM, id, ttlMs, pollIntervalMs });
  under.quota.release(admitted);
  return admitted;
}

async function countRoom(under: QuotaUnderTest, request = CALL): Promise<number> {
  const held: Admitted[] = [];
  for (let next = await under.admit(request); isAdmitted(next); next = await under.admit(request)) held.push(next);
  for (const admitted of held) under.quota.release(admitted);
  return held.length;
}

const makeLimited = (live: number): QuotaUnderTest => makeQuotaUnderTest([makeRule('tasks', { tasks: { live } })]);

test('a call that may become a task reserves a slot, which comes back when it does not', async () => {
  const under = makeLimited(3);
  assert.equal(await countRoom(under), 3);
  assert.equal(await countRoom(under), 3);
  const undeclared = await under.admit(makeRequest());
  assert.ok(isAdmitted(undeclared));
});

test('a declaration that does not reach the server reserves nothing', async () => {
  const under = makeLimited(1);
  await begin(under, 'a');
  const removed = [{ start: 10, end: 20, text: undefined }];
  assert.ok(isAdmitted(await under.admit(makeRequest({ declares: true, edits: removed }))));
  const elsewhere = [{ start: 30, end: 40, text: undefined }];
  assert.ok(!isAdmitted(await under.admit(makeRequest({ declares: true, edits: elsewhere }))));
});

test('a task holds its slot after the request, and the refusal says how many are alive', async () => {
  const under = makeLimited(2);
  await begin(under, 'a');
  await begin(under, 'b');
  const refused = (await under.admit(CALL)) as Refusal;
  assert.equal(refused.kind, 'too_many_tasks');
  assert.deepEqual(refused.detail.data, { limit: 2, live: 2, retryAfterMs: 5000 });
  assert.ok(isAdmitted(await under.admit(makeRequest())));
  assert.ok(isAdmitted(await under.admit(makeRequest({ declares: true, principal: BOB }))));
});

test('the end of a task frees its slot once; said again, by others or of others it frees nothing', async () => {
  const under = makeLimited(3);
  await begin(under, 'a');
  await begin(under, 'b');
  const end = (id: string, principal = ADA, upstream = UPSTREAM): void =>
    under.quota.taskEnded(makeRequest({ principal }), { upstream, id });
  end('a', BOB);
  end('a', ADA, 'elsewhere');
  end('unknown');
  end('__proto__');
  assert.equal(await countRoom(under), 1);
  end('a');
  assert.equal(await countRoom(under), 2);
  end('a');
  end('a');
  assert.equal(await countRoom(under), 2);
});

test('two calls answered with one task hold one slot', async () => {
  const under = makeLimited(3);
  await begin(under, 'a', { ttlMs: 1000 });
  await begin(under, 'a', { ttlMs: 5000 });
  assert.equal(await countRoom(under), 2);
  under.pass(1000);
  assert.equal(await countRoom(under), 2);
  under.pass(4000);
  assert.equal(await countRoom(under), 3);
});

test('a slot is free again at the time the task has to live, or the longest that the rule allows', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 3, longestLifeMs: 60_000 } })]);
  await begin(under, 'short', { ttlMs: 1000 });
  await begin(under, 'endless', { ttlMs: null });
  await begin(under, 'longer', { ttlMs: 1e300 });
  assert.equal(await countRoom(under), 0);
  under.pass(999);
  assert.equal(await countRoom(under), 0);
  under.pass(1);
  assert.equal(await countRoom(under), 1);
  under.pass(58_999);
  assert.equal(await countRoom(under), 1);
  under.pass(1);
  assert.equal(await countRoom(under), 3);
});

test('what an upstream writes instead of times breaks nothing', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 100, longestLifeMs: 60_000 } })]);
  for (const [i, odd] of [Number.NaN, -1, Infinity, -Infinity, 0.5, 1e300].entries()) {
    await begin(under, `t${i}`, { ttlMs: odd, pollIntervalMs: odd });
  }
  under.pass(60_000);
  assert.equal(await countRoom(under), 100);
});

test('many tasks that end in any order leave every slot free', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 200 } })]);
  for (let i = 0; i < 200; i++) await begin(under, `t${i}`, { ttlMs: 1000 + ((i * 7919) % 200) });
  for (let i = 0; i < 200; i += 3) under.quota.taskEnded(makeRequest(), { upstream: UPSTREAM, id: `t${i}` });
  assert.equal(await countRoom(under), 67);
  under.pass(1100);
  const ended = Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 3 === 0 || (i * 7919) % 200 <= 100).length;
  assert.equal(await countRoom(under), ended);
  under.pass(1000);
  assert.equal(await countRoom(under), 200);
});

test('a task that begins after its request ended, or twice for one request, changes nothing', async () => {
  const under = makeLimited(2);
  const admitted = await under.admit(CALL);
  assert.ok(isAdmitted(admitted));
  const terms = { upstream: UPSTREAM, ttlMs: null, pollIntervalMs: undefined };
  under.quota.taskBegan(admitted, { ...terms, id: 'a' });
  under.quota.taskBegan(admitted, { ...terms, id: 'b' });
  under.quota.release(admitted);
  under.quota.taskBegan(admitted, { ...terms, id: 'c' });
  assert.equal(await countRoom(under), 1);
});

test('starts are counted over time, and a refused start takes nothing', async () => {
  const under = makeQuotaUnderTest([
    makeRule('calls', { rate: { count: 5, periodMs: 60_000 } }),
    makeRule('tasks', { tasks: { start: { count: 2, periodMs: 60_000 } } }),
  ]);
  await begin(under, 'a');
  await begin(under, 'b');
  const refused = (await under.admit(CALL)) as Refusal;
  assert.equal(refused.kind, 'too_many_tasks');
  assert.deepEqual(refused.detail.data, { limit: 2, retryAfterMs: 30_000 });
  assert.equal(await countRoom(under, makeRequest()), 3);
});

test('over the limit, a rule that says so lets the call go on without the extension', async () => {
  const under = makeQuotaUnderTest([
    makeRule('tasks', { tasks: { live: 1, overLimit: 'inline' } }),
    makeRule('width', { concurrent: 2 }),
  ]);
  assert.ok(await begin(under, 'a'));
  under.told.splice(0);
  const inline = await under.admit(CALL);
  assert.ok(isAdmitted(inline));
  assert.equal(under.quota.isInline(inline), true);
  assert.deepEqual(under.told, ['tasks inline', 'width admitted']);
  under.quota.taskBegan(inline, { upstream: UPSTREAM, id: 'b', ttlMs: null, pollIntervalMs: undefined });
  under.quota.release(inline);
  under.quota.taskEnded(CALL, { upstream: UPSTREAM, id: 'a' });
  const next = await under.admit(CALL);
  assert.ok(isAdmitted(next) && !under.quota.isInline(next));
});

test('a rule that refuses wins over one that would let the call go on', async () => {
  const under = makeQuotaUnderTest([
    makeRule('soft', { tasks: { live: 1, overLimit: 'inline' } }),
    makeRule('hard', { tasks: { live: 2 } }),
  ]);
  await begin(under, 'a');
  const inline = await under.admit(CALL);
  assert.ok(isAdmitted(inline) && under.quota.isInline(inline));
  const strict = makeQuotaUnderTest([
    makeRule('soft', { tasks: { live: 1, overLimit: 'inline' } }),
    makeRule('hard', { tasks: { live: 1 } }),
  ]);
  await begin(strict, 'a');
  assert.equal(((await strict.admit(CALL)) as Refusal).detail.quotaRule, 'hard');
});

test('a poll sooner than the interval, less the tolerance, is refused and does not put the next one off', async () => {
  const under = makeQuotaUnderTest([makeRule('tasks', { tasks: { live: 5, pollTolerance: 0.2 } })]);
  await begin(under, 'a', { pollIntervalMs: 1000 });
  const poll = makeRequest({ method: 'tasks/get', task: { upstream: UPSTREAM, id: 'a' } });
  const foreign = makeRequest({ method: 'tasks/get', task: { upstream: UPSTREAM, id: 'a' }, principal: BOB });
  assert.ok(isAdmitted(await under.admit(poll)));
  assert.ok(isAdmitted(await under.admit(foreign)));
  under.pass(500);
  const refused = (await under.admit(poll)) as Refusal;
  assert.equal(refused.kind, 'polled_too_soon');
  assert.deepEqual(refused.detail.data, { limit: 1, retryAfterMs: 300, pollIntervalMs: 800 });
  under.pass(299);
  assert.ok(!isAdmitted(await under.admit(poll)));
  under.pass(1);
  assert.ok(isAdmitted(await under.admit(poll)));
  assert.ok(!isAdmitted(await under.admit(poll)));
  under.quota.taskEnded(makeRequest(), { upstream: UPSTREAM, id: 'a' });
  assert.ok(isAdmitted(await under.admit(poll)));
});
