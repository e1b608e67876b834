// An issuer that refuses, fails or lies costs its callers a refusal, spares itself a flood, and learns or tells no secrets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { Refusal } from '../../../gateway/refusal.ts';
import { sendJson } from '../../support/fake-issuer.ts';
import { CLIENT } from '../../support/fake-token-endpoint.ts';
import { until } from '../upstream/until.ts';
import { makeExchangeStage, TIMEOUT_MS } from './exchange-stage.ts';
import { answerText, answerWith, BAD_ANSWERS, GOOD } from './token-answers.ts';

const REFUSED = '502 upstream_failed exchange_refused';
const FAILED = '502 upstream_failed exchange_failed';
const GOOD_ANSWERS: readonly (readonly [what: string, members: object])[] = [
  ['a type in capitals', { token_type: 'BEARER' }],
  ['no issued_token_type', { issued_token_type: undefined }],
  ['a JWT as its type', { issued_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
  ['members nobody knows', { refresh_token: 'r', __proto__x: 1 }],
  ['a fraction of a second', { expires_in: 299.5 }],
];

for (const [what, members] of GOOD_ANSWERS) {
  test(`an answer with ${what} is taken`, async () => {
    const stage = await makeExchangeStage();
    stage.server.behave(answerWith({ ...GOOD, ...members }));
    assert.equal(await stage.exchange('a.b.c'), 'exchanged');
  });
}

for (const [what, behaviour] of BAD_ANSWERS) {
  test(`an answer with ${what} is a failure`, async () => {
    const stage = await makeExchangeStage();
    stage.server.behave(behaviour);
    assert.equal(await stage.judge('a.b.c'), FAILED);
    assert.deepEqual(
      stage.events.map(({ kind }) => kind),
      ['exchange_failed'],
    );
  });
}

test('a redirect is not followed, and nothing is sent to where it leads', async () => {
  let visits = 0;
  const elsewhere = createServer((_request, response) => {
    visits++;
    sendJson(response, GOOD);
  }).listen(0, '127.0.0.1');
  after(() => elsewhere.close());
  await once(elsewhere, 'listening');
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/token`;
  for (const status of [301, 302, 303, 307, 308]) {
    const stage = await makeExchangeStage();
    stage.server.behave((_request, response) => response.writeHead(status, { location }).end());
    assert.equal(await stage.judge('a.b.c'), FAILED, `${status}`);
  }
  assert.equal(visits, 0);
});

for (const [status, error, told] of [
  [400, 'invalid_grant', 'invalid_grant'],
  [400, 'invalid_target', 'invalid_target'],
  [401, 'invalid_client', 'invalid_client'],
  [403, 'access_denied', 'access_denied'],
  [400, 'the words of the issuer', 'other'],
] as const) {
  test(`an issuer that says ${status} "${error}" refuses`, async () => {
    const stage = await makeExchangeStage();
    stage.server.behave(answerWith({ error, error_description: 'words' }, status));
    assert.equal(await stage.judge('a.b.c'), REFUSED);
    assert.equal(stage.events[0]?.kind, 'exchange_refused');
    assert.equal(stage.events[0].error, told);
  });
}

test('a wrong client secret and a token the issuer did not sign are refused', async () => {
  const stage = await makeExchangeStage();
  assert.equal(await stage.judge('a.b.c'), REFUSED);
  const other = await makeExchangeStage(() => ({ clientSecret: 'wrong' }));
  assert.equal(await other.judge(await other.server.sign({ sub: 'ada' })), REFUSED);
  assert.deepEqual([stage.events[0]?.error, other.events[0]?.error], ['invalid_grant', 'invalid_client']);
});

test('a refusal holds for 5 seconds and a failure for 2, for one caller', async () => {
  for (const [status, reason, heldMs] of [
    [400, REFUSED, 5_000],
    [500, FAILED, 2_000],
  ] as const) {
    const stage = await makeExchangeStage();
    stage.server.behave(answerWith({ error: 'invalid_grant' }, status));
    for (let i = 0; i < 100; i++) assert.equal(await stage.judge('a.b.c'), reason);
    const startMs = stage.timeline.now();
    stage.setClock(startMs + heldMs - 1);
    await stage.judge('a.b.c');
    assert.equal(stage.server.requests.length, 1);
    stage.server.behave(answerWith(GOOD));
    assert.equal(await stage.exchange('d.e.f'), 'exchanged');
    stage.setClock(startMs + heldMs);
    assert.equal(await stage.exchange('a.b.c'), 'exchanged');
  }
});

test("an issuer that gives the caller's own token back has exchanged nothing", async () => {
  const stage = await makeExchangeStage();
  stage.server.behave(answerWith({ ...GOOD, access_token: 'a.b.c' }));
  assert.equal(await stage.judge('a.b.c'), FAILED);
});

test('a silent issuer is given up in time, and everyone who waits is told', async () => {
  const stage = await makeExchangeStage();
  stage.server.behave(() => undefined);
  const waiting = Promise.all([1, 2, 3].map(() => stage.judge('a.b.c')));
  await until('the issuer was asked', () => stage.server.requests.length > 0);
  await stage.timeline.advance(TIMEOUT_MS);
  assert.deepEqual(await waiting, [FAILED, FAILED, FAILED]);
  assert.equal(stage.timeline.pending, 0);
});

test('an endpoint that is not found in time counts as silent', async () => {
  const never = new Promise<never>(() => undefined);
  const stage = await makeExchangeStage(() => ({ tokenEndpoint: undefined }), { findTokenEndpoint: () => never });
  const waiting = stage.judge('a.b.c');
  await stage.timeline.advance(TIMEOUT_MS);
  assert.equal(await waiting, FAILED);
});

test('when everyone fails the issuer is asked once a second, and by everyone again once it answers', async () => {
  const stage = await makeExchangeStage();
  const { server } = stage;
  const startMs = stage.timeline.now();
  server.behave(answerWith({}, 503));
  for (let i = 0; i < 1_000; i++) assert.equal(await stage.judge(`${i}`), FAILED);
  assert.equal(server.requests.length, 5);
  for (let second = 1; second <= 5; second++) {
    stage.setClock(startMs + second * 1_000);
    for (let i = 0; i < 100; i++) assert.equal(await stage.judge(`${second}-${i}`), FAILED);
    assert.equal(server.requests.length, 5 + second);
  }
  server.behave(answerWith(GOOD));
  stage.setClock(startMs + 6_000);
  for (let i = 0; i < 10; i++) assert.equal(await stage.exchange(`good-${i}`), 'exchanged');
});

test('one caller who fails does not keep others out', async () => {
  const stage = await makeExchangeStage();
  const startMs = stage.timeline.now();
  for (let round = 0; round < 20; round++) {
    stage.setClock(startMs + round * 2_000);
    stage.server.behave(answerWith({}, 500));
    assert.equal(await stage.judge('a.b.c'), FAILED);
    stage.server.behave(answerWith(GOOD));
    assert.equal(await stage.exchange(`d.e.${round}`), 'exchanged');
  }
});

test('after a failure the endpoint is discovered anew', async () => {
  const stage = await makeExchangeStage(() => ({ tokenEndpoint: undefined }));
  const { server } = stage;
  const bearer = await server.sign({ sub: 'ada' });
  server.describe({ token_endpoint: `${server.issuer}/moved` });
  assert.equal(await stage.judge(bearer), FAILED);
  server.describe({});
  stage.setClock(stage.timeline.now() + 2_000);
  assert.equal(await stage.judge(bearer), 'ok');
  const METADATA = 'GET /.well-known/oauth-authorization-server';
  assert.deepEqual(server.hits, [METADATA, 'POST /moved', METADATA, 'POST /token']);
});

for (const [what, members] of [
  ['of another issuer', { issuer: 'https://another.example' }],
  ['without a token endpoint', { token_endpoint: undefined }],
  ['with a token endpoint over plain http elsewhere', { token_endpoint: 'http://token.example/' }],
  ['with a token endpoint under a name that begins like loopback', { token_endpoint: 'http://127.0.0.1.example/' }],
  ['with a user name in its token endpoint', { token_endpoint: 'https://user@token.example/' }],
  ['with a fragment in its token endpoint', { token_endpoint: 'https://token.example/#f' }],
  ['with a token endpoint in a file', { token_endpoint: 'file:///etc/passwd' }],
] as const) {
  test(`metadata ${what} leads nowhere`, async () => {
    const stage = await makeExchangeStage(() => ({ tokenEndpoint: undefined }));
    stage.server.describe(members);
    assert.equal(await stage.judge(await stage.server.sign({ sub: 'ada' })), FAILED);
    assert.deepEqual(stage.server.hits, [
      'GET /.well-known/oauth-authorization-server',
      'GET /.well-known/openid-configuration',
    ]);
  });
}

async function findRefusal(run: () => unknown): Promise<Refusal> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('no token, secret or word of the issuer is in a refusal or an event', async () => {
  const stage = await makeExchangeStage();
  const canaries = ['canary-subject', 'canary-answer', CLIENT.clientSecret];
  const refusing = ['', answerWith({ error: 'canary-answer' }, 400)] as const;
  for (const [at, [, behaviour]] of [...BAD_ANSWERS, refusing].entries()) {
    stage.server.behave(behaviour);
    const refusal = await findRefusal(() => stage.run(`canary-subject-${at}`));
    const shown = inspect(refusal, { depth: 9, showHidden: true });
    assert(!canaries.some((canary) => shown.includes(canary)));
    stage.setClock(stage.timeline.now() + at * 1_000);
  }
  for (const text of ['{"canary-answer', '{"access_token":"canary-answer\\n"}', '{"expires_in":"canary-answer"}']) {
    stage.server.behave(answerText(text));
    await stage.judge(`canary-subject-${text}`);
    stage.setClock(stage.timeline.now() + 100_000);
  }
  assert(stage.events.length > 25);
  const told = inspect(stage.events, { depth: 9, showHidden: true });
  assert(!canaries.some((canary) => told.includes(canary)));
  assert(!told.includes(Buffer.from('gate').toString('base64')));
});
