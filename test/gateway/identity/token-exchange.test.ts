// A caller's token is exchanged once, for one upstream, and what it was exchanged for is that caller's alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { ANONYMOUS, makePrincipal } from '../policy/make-rules.ts';
import { until } from '../upstream/until.ts';
import { makeExchangeStage, WEATHER } from './exchange-stage.ts';

const GRANT = 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange';
const TYPE = 'subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token';
const RESOURCE = 'resource=https%3A%2F%2Fweather.internal%2Fmcp';

test('the request has exactly the parameters of RFC 8693, and the answer goes upstream', async () => {
  const stage = await makeExchangeStage();
  const bearer = await stage.server.sign({ sub: 'ada' });
  const { sub, aud } = decodeJwt(await stage.exchange(bearer));
  assert.deepEqual([sub, aud], ['ada', WEATHER]);
  assert.deepEqual(stage.server.hits, ['POST /token']);
  assert.deepEqual(stage.server.requests, [
    {
      // gate%3Away:p+%C3%A4%2B%25%3As, as RFC 6749 section 2.3.1 has it
      authorization: 'Basic Z2F0ZSUzQXdheTpwKyVDMyVBNCUyQiUyNSUzQXM=',
      contentType: 'application/x-www-form-urlencoded',
      body: `${GRANT}&subject_token=${bearer}&${TYPE}&${RESOURCE}`,
    },
  ]);
  assert.equal(stage.timeline.pending, 0);
  assert.deepEqual(stage.events, [{ kind: 'token_exchanged', issuer: stage.server.issuer, resource: WEATHER }]);
});

test('audience and scopes are asked for where configured', async () => {
  const stage = await makeExchangeStage(() => ({ audience: 'weather', scopes: ['a:read', 'b'] }));
  const bearer = await stage.server.sign({ sub: 'ada' });
  await stage.exchange(bearer);
  assert.equal(
    stage.server.requests[0]?.body,
    `${GRANT}&subject_token=${bearer}&${TYPE}&${RESOURCE}&audience=weather&scope=a%3Aread+b`,
  );
});

test('100 requests at once cost one exchange, and what follows none and no waiting', async () => {
  const stage = await makeExchangeStage();
  const bearer = await stage.server.sign({ sub: 'ada' });
  const release = stage.server.hold();
  const all = Promise.all(Array.from({ length: 100 }, () => stage.exchange(bearer)));
  await until('the exchange has come', () => stage.server.requests.length > 0);
  release();
  assert.equal(new Set(await all).size, 1);
  assert(Array.isArray(stage.run(bearer)));
  assert.equal(stage.server.requests.length, 1);
});

test("one caller's exchanged token is never another's, also at the same moment", async () => {
  const stage = await makeExchangeStage();
  const names = Array.from({ length: 20 }, (_, at) => `caller-${at}`);
  const bearers = await Promise.all(names.map((sub) => stage.server.sign({ sub })));
  for (let round = 0; round < 3; round++) {
    const subjects = await Promise.all(
      bearers.map(async (bearer, at) => decodeJwt(await stage.exchange(bearer, stage.makeCaller(`${names[at]}`))).sub),
    );
    assert.deepEqual(subjects, names);
  }
  assert.equal(stage.server.requests.length, 20);
});

test('tokens that differ in their last character alone are exchanged apart', async () => {
  const stage = await makeExchangeStage();
  const bearer = await stage.server.sign({ sub: 'ada' });
  await stage.exchange(bearer);
  assert.equal(
    await stage.judge(`${bearer.slice(0, -1)}${bearer.endsWith('A') ? 'Q' : 'A'}`),
    '502 upstream_failed exchange_refused',
  );
});

const LIVES: readonly (readonly [what: string, answer: object, validForMs: number, usableMs: number])[] = [
  ['30 s before the end of a long life', { expires_in: 600 }, 3_600_000, 570_000],
  ['a tenth before the end of a short life', { expires_in: 100 }, 3_600_000, 90_000],
  ["when the caller's own token is over, if that comes first", { expires_in: 600 }, 200_000, 200_000],
  ['within a minute when its life is not told', { expires_in: undefined }, 3_600_000, 54_000],
];

for (const [when, answer, validForMs, usableMs] of LIVES) {
  test(`an exchanged token is renewed ${when}`, async () => {
    const stage = await makeExchangeStage();
    stage.server.answer(answer);
    const bearer = await stage.server.sign({ sub: 'ada' });
    const caller = stage.makeCaller('ada', validForMs);
    const first = await stage.exchange(bearer, caller);
    const startMs = stage.timeline.now();
    stage.setClock(startMs + usableMs - 1);
    assert.equal(await stage.exchange(bearer, caller), first);
    stage.setClock(startMs + usableMs);
    assert.notEqual(await stage.exchange(bearer, caller), first);
    assert.equal(stage.server.requests.length, 2);
  });
}

test('the life of an exchanged token counts from when it was asked for', async () => {
  const stage = await makeExchangeStage();
  const bearer = await stage.server.sign({ sub: 'ada' });
  const startMs = stage.timeline.now();
  const release = stage.server.hold();
  const first = stage.exchange(bearer);
  await until('the exchange has come', () => stage.server.requests.length > 0);
  stage.setClock(startMs + 4_000);
  release();
  await first;
  stage.setClock(startMs + 270_000);
  await stage.exchange(bearer);
  assert.equal(stage.server.requests.length, 2);
});

test('a clock that is set back makes no exchanged token live longer', async () => {
  const stage = await makeExchangeStage();
  const bearer = await stage.server.sign({ sub: 'ada' });
  const first = await stage.exchange(bearer);
  stage.setClock(stage.timeline.now() - 3_600_000);
  assert.notEqual(await stage.exchange(bearer), first);
});

test('only so many are kept', async () => {
  let asked = 0;
  const answer = (): Promise<Response> => {
    asked++;
    return Promise.resolve(Response.json({ access_token: 'exchanged', token_type: 'Bearer', expires_in: 300 }));
  };
  const stage = await makeExchangeStage(undefined, { fetch: answer });
  await stage.exchange('first');
  for (let i = 0; i < 8_192; i++) await stage.exchange(`${i}`);
  await stage.exchange('8191');
  assert.equal(asked, 8_193);
  await stage.exchange('first');
  assert.equal(asked, 8_194);
});

test('a caller without a token has none to exchange', async () => {
  const stage = await makeExchangeStage();
  assert.equal(await stage.judge(undefined, ANONYMOUS), '502 upstream_failed no_token');
  assert.deepEqual(stage.server.hits, []);
});

test('a token of one issuer is not shown to another', async () => {
  const stage = await makeExchangeStage();
  const principal = makePrincipal({ issuer: 'https://another.example' });
  assert.equal(
    await stage.judge(await stage.server.sign({ sub: 'ada' }), principal),
    '502 upstream_failed foreign_token',
  );
  assert.deepEqual(stage.server.hits, []);
});

test('the endpoint is discovered once, also by callers who come at once', async () => {
  const stage = await makeExchangeStage(() => ({ tokenEndpoint: undefined }));
  const bearers = await Promise.all(['a', 'b', 'c'].map((sub) => stage.server.sign({ sub })));
  await Promise.all(bearers.map((bearer) => stage.exchange(bearer)));
  assert.deepEqual(stage.server.hits, [
    'GET /.well-known/oauth-authorization-server',
    ...Array<string>(3).fill('POST /token'),
  ]);
});
