// Credentials that come from a fixed secret, or from the caller's own token.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeForwardCredential, makeStaticCredential } from '../../../gateway/upstream/credential.ts';
import { findReason } from '../identity/identity-stage.ts';
import { ANONYMOUS } from '../policy/make-rules.ts';
import { makeRouted } from './make-routed.ts';

test('a fixed token is a bearer token, the same for everyone and at no cost', () => {
  const credential = makeStaticCredential({ kind: 'bearer', token: 'a.b-c=' });
  const headers = credential(makeRouted({ bearer: 'of-the-caller' }));
  assert.deepEqual(headers, ['authorization', 'Bearer a.b-c=']);
  assert.equal(credential(makeRouted({ principal: ANONYMOUS })), headers);
});

test('a fixed header is sent as it is', () => {
  const credential = makeStaticCredential({ kind: 'header', name: 'x-api-key', value: 'a b' });
  assert.deepEqual(credential(makeRouted()), ['x-api-key', 'a b']);
});

for (const [what, name, value] of [
  ['a line end in its value', 'x-api-key', 'secret\r\nx-admin: yes'],
  ['a bare carriage return', 'x-api-key', 'secret\rx'],
  ['a bare line feed', 'x-api-key', 'secret\nx'],
  ['a NUL', 'x-api-key', 'secret\0x'],
  ['a letter beyond ASCII', 'x-api-key', 'secretä'],
  ['a line end in its name', 'x-api-key\r\nx', 'secret'],
  ['no name', '', 'secret'],
] as const) {
  test(`a header with ${what} is never made, and its value not told`, () => {
    assert.throws(
      () => makeStaticCredential({ kind: 'header', name, value }),
      (error) => error instanceof Error && !`${error.message} ${error.stack}`.includes('secret'),
    );
  });
}

test('a fixed token with a line end is never made', () => {
  assert.throws(() => makeStaticCredential({ kind: 'bearer', token: 'secret\nx' }), /credential/);
});

test("the caller's own token goes on where that is asked for", () => {
  assert.deepEqual(makeForwardCredential()(makeRouted({ bearer: 'a.b.c' })), ['authorization', 'Bearer a.b.c']);
});

test('a caller without a token has none to forward', async () => {
  const credential = makeForwardCredential();
  const reason = await findReason(async () => credential(makeRouted({ principal: ANONYMOUS })));
  assert.equal(reason, '502 upstream_failed no_token');
});
