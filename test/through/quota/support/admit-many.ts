// A process of its own that admits requests on a Redis: `admit-many.ts URL LEASE_MS`, then one number of tries per line of stdin.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isAdmitted, makeQuotaUnderTest, makeRequest, makeRule } from '../../../gateway/quota/quota-parts.ts';
import { openStore } from './redis-quota.ts';

/** The limits under test; each is the one that ends first for one method. */
export const RULES = [
  makeRule('calls', { rate: { count: 61, periodMs: 3_600_000 }, match: { methods: ['tools/list'] } }),
  makeRule('width', { concurrent: 43, match: { methods: ['prompts/list'] } }),
  makeRule('tasks', { tasks: { live: 17 }, match: { methods: ['tools/call'] } }),
];

if (process.argv[1] === import.meta.filename) {
  const [, , url = '', leaseMs = ''] = process.argv;
  const { store } = await openStore({ after: () => {} }, { mode: 'single', url, timeoutMs: 5000 }, Number(leaseMs));
  const under = makeQuotaUnderTest(RULES, { store });
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [method = '', tries = '0'] = line.split(' ');
    const request = makeRequest({ method, declares: true });
    const outcomes = await Promise.all(Array.from({ length: Number(tries) }, () => under.admit(request)));
    if (!process.stdout.write(`${outcomes.filter(isAdmitted).length}\n`)) await once(process.stdout, 'drain');
  }
  store.close();
}
