// Keys come ahead of need, survive outages for a bounded time, and cannot be kept out or worn out by made-up tokens.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { type FakeIssuer, makeFakeKey, sendJson, signToken, startFakeIssuer } from '../../support/fake-issuer.ts';
import { until } from '../upstream/until.ts';
import {
  type IdentityStage,
  makeClaims,
  makeIdentitySettings,
  makeIssuerSettings,
  makeReadyStage,
  makeStage,
} from './identity-stage.ts';

const REFRESH_MS = 600_000;
const STALE_MS = 3_600_000;
const COOLDOWN_MS = 30_000;
const LONG = makeClaims({ exp: 3_000_000_000 });

async function startIssuer(options?: Parameters<typeof startFakeIssuer>[0]): Promise<FakeIssuer> {
  const issuer = await startFakeIssuer(options);
  after(() => issuer.close());
  return issuer;
}

const withKeysAt = (issuer: FakeIssuer) =>
  makeIdentitySettings([makeIssuerSettings(issuer.issuer, { jwksUri: issuer.jwksUri })]);

const kinds = (stage: IdentityStage): readonly string[] => stage.events.map(({ kind }) => kind);

/** Lets time pass and waits for the fetch that falls due. */
async function advanceToFetch(stage: IdentityStage, ms: number): Promise<void> {
  const before = stage.events.length;
  await stage.timeline.advance(ms);
  await until('the fetch is over', () => stage.events.length > before);
}

test('nothing is fetched before ready, and one document where the key set is configured', async () => {
  const issuer = await startIssuer();
  const stage = makeStage({ settings: withKeysAt(issuer) });
  assert.deepEqual(stage.registry.issuers, [{ issuer: issuer.issuer, hasKeys: false, stale: false }]);
  assert.deepEqual(issuer.hits, []);
  await Promise.all([stage.registry.ready(), stage.registry.ready()]);
  assert.deepEqual(issuer.hits, ['/keys']);
  assert.deepEqual(stage.registry.issuers, [{ issuer: issuer.issuer, hasKeys: true, stale: false }]);
  assert.deepEqual(kinds(stage), ['keys_fetched']);
});

test('rotated keys arrive with the background refresh, and tokens of keys that left are refused', async () => {
  const issuer = await startIssuer();
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const old = await issuer.sign(LONG);
  assert.equal(await stage.judge(old), 'ok');
  const next = await makeFakeKey('EdDSA');
  issuer.publish(next);
  await advanceToFetch(stage, REFRESH_MS);
  assert.equal(await stage.judge(await issuer.sign(LONG, { key: next })), 'ok');
  assert.equal(await stage.judge(old), 'key_unknown');
});

test('a refresh that brings equal keys forgets no token', async () => {
  const issuer = await startIssuer();
  const more = await makeFakeKey('RS256');
  issuer.publish(issuer.key, more);
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const token = await issuer.sign(LONG);
  const { principal } = await stage.send(token);
  issuer.publish(more, issuer.key);
  await advanceToFetch(stage, REFRESH_MS);
  assert.equal((await stage.send(token)).principal, principal);
  issuer.publish(issuer.key);
  await advanceToFetch(stage, REFRESH_MS);
  assert.notEqual((await stage.send(token)).principal, principal);
});

test('an unknown kid is looked for at once, and its token is taken when the issuer knows it', async () => {
  const issuer = await startIssuer();
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const next = await makeFakeKey('ES256');
  issuer.publish(issuer.key, next);
  const token = await issuer.sign(LONG, { key: next });
  assert.deepEqual(await Promise.all(Array.from({ length: 50 }, () => stage.judge(token))), Array(50).fill('ok'));
  assert.deepEqual(issuer.hits, ['/keys', '/keys']);
});

test('10,000 unknown kids cost one fetch per cool-down, and a genuine new key comes in with the next refresh at the latest', async () => {
  const issuer = await startIssuer();
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const token = await issuer.sign(LONG);
  const flood = (count: number): Promise<readonly string[]> =>
    Promise.all(
      Array.from({ length: count }, (_, at) => {
        const [, body, signature] = token.split('.');
        const header = { alg: 'ES256', typ: 'at+jwt', kid: `made-up-${at}` };
        return stage.judge(`${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${signature}`);
      }),
    );
  assert.deepEqual(new Set(await flood(10_000)), new Set(['key_unknown']));
  assert.equal(issuer.hits.length, 2);

  const next = await makeFakeKey('ES256');
  issuer.publish(issuer.key, next);
  const genuine = await issuer.sign(LONG, { key: next });
  assert.equal(await stage.judge(genuine), 'key_unknown', 'the cool-down lasts');
  assert.equal(issuer.hits.length, 2);
  await stage.timeline.advance(COOLDOWN_MS);
  await flood(100);
  assert.equal(issuer.hits.length, 3);
  assert.equal(await stage.judge(genuine), 'ok');

  const third = await makeFakeKey('ES256');
  const at = stage.timeline.now();
  for (let sinceMs = 0; sinceMs < REFRESH_MS - 2 * COOLDOWN_MS; sinceMs += COOLDOWN_MS) {
    await stage.timeline.advance(COOLDOWN_MS);
    await flood(10);
  }
  issuer.publish(third);
  const before = issuer.hits.length;
  await advanceToFetch(stage, REFRESH_MS - (stage.timeline.now() - at) - COOLDOWN_MS);
  assert.equal(issuer.hits.length, before + 1, 'the flood has not put the background refresh off');
  assert.equal(await stage.judge(await issuer.sign(LONG, { key: third })), 'ok');
});

test('known tokens are answered while a fetch for an unknown kid hangs', async () => {
  const issuer = await startIssuer();
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const known = await issuer.sign(LONG);
  issuer.behave(() => {});
  const waiting = stage.judge(await signToken(await makeFakeKey('ES256'), { iss: issuer.issuer, ...LONG }));
  await until('the issuer is asked', () => issuer.hits.length === 2);
  assert.equal(await stage.judge(known), 'ok');
  await stage.timeline.advance(5_000);
  assert.equal(await waiting, 'key_unknown');
  assert.deepEqual(kinds(stage), ['keys_fetched', 'keys_failed', 'keys_stale']);
});

test('when the issuer is gone its last keys serve for the configured time and no longer, and come back with it', async () => {
  const issuer = await startIssuer();
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  const token = await issuer.sign(LONG);
  assert.equal(await stage.judge(token), 'ok');
  issuer.behave((_request, response) => sendJson(response, {}, 503));
  await advanceToFetch(stage, REFRESH_MS);
  assert.deepEqual(stage.registry.issuers, [{ issuer: issuer.issuer, hasKeys: true, stale: true }]);
  assert.equal(await stage.judge(token), 'ok');
  await stage.timeline.advance(STALE_MS - 1);
  assert.equal(await stage.judge(token), 'ok', 'remembered');
  assert.equal(await stage.judge(await issuer.sign({ ...LONG, sub: 'bob' })), 'ok', 'and new');
  await stage.timeline.advance(1);
  assert.equal(await stage.judge(token), 'keys_unavailable');
  assert.equal(stage.registry.issuers[0]?.hasKeys, false);
  assert.deepEqual(new Set(kinds(stage)), new Set(['keys_fetched', 'keys_failed', 'keys_stale', 'keys_expired']));
  assert.equal(kinds(stage).filter((kind) => kind === 'keys_stale').length, 1);
  assert.equal(kinds(stage).filter((kind) => kind === 'keys_expired').length, 1);

  await until('no fetch is under way', () => stage.timeline.pending === 1);
  issuer.behave();
  await advanceToFetch(stage, 60_000);
  assert.equal(await stage.judge(token), 'ok');
  assert.equal(stage.registry.issuers[0]?.stale, false);
});

test('a start without the issuer is ready all the same, and tries again with growing pauses', async () => {
  const issuer = await startIssuer();
  issuer.behave((request) => request.destroy());
  const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
  assert.equal(await stage.judge(await issuer.sign(LONG)), 'keys_unavailable');
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000]) {
    const before = issuer.hits.length;
    await stage.timeline.advance(pauseMs - 1);
    assert.equal(issuer.hits.length, before);
    await advanceToFetch(stage, 1);
  }
  issuer.behave();
  await advanceToFetch(stage, 16_000);
  assert.equal(await stage.judge(await issuer.sign(LONG)), 'ok');
});

test('a token that comes while the first fetch is under way waits for it', async () => {
  const issuer = await startIssuer();
  let held: ServerResponse | undefined;
  issuer.behave((_request, response) => {
    held = response;
  });
  const stage = makeStage({ settings: withKeysAt(issuer) });
  const ready = stage.registry.ready();
  const judged = stage.judge(await issuer.sign(LONG));
  await until('the issuer is asked', () => held !== undefined);
  sendJson(held as ServerResponse, { keys: [issuer.key.publicJwk] });
  assert.equal(await judged, 'ok');
  await ready;
});

const FAILURES: readonly (readonly [what: string, answer: (response: ServerResponse, issuer: FakeIssuer) => void])[] = [
  [
    'a key set beyond 256 KiB',
    (response, { key }) => sendJson(response, { keys: [key.publicJwk], x: 'x'.repeat(262_144) }),
  ],
  ['a redirect', (response, { jwksUri }) => response.writeHead(302, { location: `${jwksUri}?again` }).end()],
  [
    'a key set with a repeated name',
    (response, { key }) => response.end(`{"keys":[],"keys":[${JSON.stringify(key.publicJwk)}]}`),
  ],
  ['an empty key set', (response) => sendJson(response, { keys: [] })],
  ['a key set without keys', (response) => sendJson(response, {})],
  ['an array', (response, { key }) => sendJson(response, [key.publicJwk])],
  ['a page', (response) => response.end('<html>')],
  ['201', (response, { key }) => sendJson(response, { keys: [key.publicJwk] }, 201)],
  [
    'a broken answer',
    (response) => response.writeHead(200, { 'content-length': '1000' }).end('{') && response.destroy(),
  ],
];

for (const [what, answer] of FAILURES) {
  test(`${what} is a failure, and the keys at hand keep serving`, async () => {
    const issuer = await startIssuer();
    const stage = await makeReadyStage({ settings: withKeysAt(issuer) });
    issuer.behave((_request, response) => answer(response, issuer));
    await advanceToFetch(stage, REFRESH_MS);
    assert.deepEqual(kinds(stage), ['keys_fetched', 'keys_failed', 'keys_stale']);
    assert.equal(issuer.hits.length, 2, 'a redirect is not followed');
    assert.equal(await stage.judge(await issuer.sign(LONG)), 'ok');
  });
}

test('a reload keeps the keys of issuers that are found alike, and lets go of the others', async () => {
  const [kept, changed] = [await startIssuer(), await startIssuer()];
  const settings = makeIdentitySettings([makeIssuerSettings(kept.issuer), makeIssuerSettings(changed.issuer)]);
  const first = await makeReadyStage({ settings });
  const next = await makeReadyStage({
    settings: makeIdentitySettings([
      makeIssuerSettings(kept.issuer, { claims: { scopes: 'scp', groups: 'roles', client: 'azp' } }),
      makeIssuerSettings(changed.issuer, { algorithms: ['ES256'] }),
    ]),
    timeline: first.timeline,
    previous: first.registry,
  });
  assert.equal(next.registry.find(kept.issuer), first.registry.find(kept.issuer));
  assert.notEqual(next.registry.find(changed.issuer), first.registry.find(changed.issuer));
  const [asked, askedOther] = [kept.hits.length, changed.hits.length];
  first.registry.close();
  first.registry.close();
  assert.equal(first.timeline.pending, 2, 'one refresh for each issuer of the new registry');
  assert.equal(await next.judge(await kept.sign(makeClaims())), 'ok');
  assert.equal(await next.judge(await changed.sign(makeClaims())), 'ok');
  assert.deepEqual([kept.hits.length, changed.hits.length], [asked, askedOther]);
  next.registry.close();
  assert.equal(first.timeline.pending, 0);
});

test('closing ends a fetch under way without a word', async () => {
  const issuer = await startIssuer();
  issuer.behave(() => {});
  const stage = makeStage({ settings: withKeysAt(issuer) });
  const ready = stage.registry.ready();
  await until('the issuer is asked', () => issuer.hits.length === 1);
  stage.registry.close();
  await ready;
  assert.deepEqual(stage.events, []);
  assert.equal(stage.timeline.pending, 0);
});
