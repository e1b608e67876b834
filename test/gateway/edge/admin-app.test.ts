// The admin listener by itself: alive, ready, and a scrape in the format its scraper asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdminDeps, makeAdminApp } from '../../../gateway/edge/admin-app.ts';
import { renderSnapshots } from '../../../gateway/observe/metrics.ts';
import { makeMetrics, makeRecord } from '../observe/metrics/support.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

const NOTHING: AdminDeps = {
  checks: () => [],
  assertionKeys: () => ({ keys: [] }),
  scrape: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
};

function countedMetrics() {
  const metrics = makeMetrics();
  metrics.countRequest(makeRecord({ trace: { traceId: TRACE_ID, spanId: 'b7ad6b7169203331', sampled: true } }), 3);
  return metrics;
}

const OPEN = 'application/openmetrics-text';
/** What Prometheus sends. */
const PROMETHEUS = `${OPEN};version=1.0.0;q=0.6,${OPEN};version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3`;

for (const [what, scrape] of [
  ['one process', async (accept: string | undefined) => countedMetrics().render(accept)],
  [
    'several workers',
    async (accept: string | undefined) =>
      renderSnapshots([await countedMetrics().snapshot(), await countedMetrics().snapshot()], accept),
  ],
] as const) {
  test(`a Prometheus that asks for OpenMetrics gets exemplars, others plain text, from ${what}`, async () => {
    const app = makeAdminApp({ ...NOTHING, scrape });
    const open = await app.inject({ url: '/metrics', headers: { accept: PROMETHEUS } });
    assert.equal(open.statusCode, 200);
    assert.equal(open.headers['content-type'], `${OPEN}; version=1.0.0; charset=utf-8`);
    assert.match(open.body, new RegExp(`_bucket\\{[^}]*\\} \\d+ # \\{trace_id="${TRACE_ID}"\\} 0\\.003 `));
    assert.match(open.body, /# EOF\n$/);
    for (const accept of [undefined, '*/*', 'text/plain', `${OPEN};q=0`]) {
      const plain = await app.inject({ url: '/metrics', ...(accept !== undefined && { headers: { accept } }) });
      assert.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
      assert.doesNotMatch(plain.body, /trace_id|# EOF/);
    }
    assert.equal(open.headers['vary'], 'accept');
  });
}

test('it is ready while all that decides is well, and tells the rest when asked', async () => {
  let isListening = true;
  const app = makeAdminApp({
    ...NOTHING,
    checks: () => [
      { name: 'listening', ok: isListening, decides: true },
      { name: 'upstream sick', ok: false, decides: false, detail: '0 of 1' },
    ],
  });
  assert.deepEqual(await ask('/readyz'), [200, 'ready\n']);
  assert.deepEqual(await ask('/readyz?verbose'), [200, '[+] listening\n[!] upstream sick: 0 of 1\nready\n']);
  isListening = false;
  assert.deepEqual(await ask('/readyz'), [503, 'not ready\n']);
  assert.deepEqual(await ask('/readyz?verbose'), [503, '[-] listening\n[!] upstream sick: 0 of 1\nnot ready\n']);
  assert.deepEqual(await ask('/livez'), [200, 'ok\n']);

  async function ask(url: string): Promise<[number, string]> {
    const { statusCode, body } = await app.inject({ url });
    return [statusCode, body];
  }
});

test('a scrape that fails is an error to the scraper, and the next one works', async () => {
  let fails = true;
  const app = makeAdminApp({
    ...NOTHING,
    scrape: () =>
      fails ? Promise.reject(new Error('no')) : Promise.resolve({ contentType: 'text/plain', body: 'a 1\n' }),
  });
  assert.equal((await app.inject({ url: '/metrics' })).statusCode, 500);
  fails = false;
  assert.equal((await app.inject({ url: '/metrics' })).body, 'a 1\n');
});

test('the public keys of assertions may be kept for five minutes, and nothing else is served', async () => {
  const app = makeAdminApp({ ...NOTHING, assertionKeys: () => ({ keys: [{ kid: 'a' }] }) });
  const keys = await app.inject({ url: '/.well-known/jwks.json' });
  assert.deepEqual(keys.json(), { keys: [{ kid: 'a' }] });
  assert.equal(keys.headers['cache-control'], 'public, max-age=300');
  assert.equal((await app.inject({ url: '/mcp', method: 'POST' })).statusCode, 404);
});
