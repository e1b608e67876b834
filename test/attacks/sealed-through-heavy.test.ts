// The attacker sends the dearest arguments he can think of along with a state, again and again: for a text that is no seal nothing is
// digested at all, and for a forged one the gateway goes on serving others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTestSeals } from '../gateway/sealing/sealing-under-test.ts';
import { type Call, startScene, toCallBody, toWire } from '../through/sealing/support/sealed-scene.ts';

const SEALED = makeTestSeals().seal(Buffer.alloc(40), { purpose: 'state', binding: 'foreign', lifeMs: 60_000 }) ?? '';
const ROOM = 1024 * 1024 - 2048;

function fill(piece: string): string {
  return `[${Array.from({ length: Math.floor(ROOM / (piece.length + 1)) }, () => piece).join(',')}]`;
}

test('nothing is digested for a text that has not the form of a seal', () => {
  const seals = makeTestSeals();
  const parts = SEALED.split('.');
  const junk = [
    '',
    'x',
    '....',
    `${parts[0]}..`,
    `${parts[0]}....`,
    SEALED.slice(0, -1),
    `${SEALED}=`,
    'A'.repeat(65_536),
  ];
  junk.push(parts.with(0, Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"k9"}').toString('base64url')).join('.'));
  junk.push(SEALED.padEnd(65_537, 'A'), parts.with(4, '*'.repeat(22)).join('.'));
  for (const text of junk) {
    const binding = (): string => assert.fail(`a digest for ${text.slice(0, 80)}`);
    assert.equal(seals.open(text, { purpose: 'state', binding }), undefined);
  }
  let asked = 0;
  const binding = (): string => `${++asked}`;
  assert.equal(seals.open(SEALED, { purpose: 'state', binding }), undefined);
  assert.equal(asked, 1, 'what has the form is opened like any other');
});

for (const piece of ['1e9', '1e20', '1.50', '0.5', '1E-7', '"\\u0061"', '[]', '-0']) {
  test(`a body full of ${piece} is refused like a small one`, async (t) => {
    const scene = await startScene(t, { config: { limits: { body: '1MiB' } } });
    const call: Call = { name: 'ask' };
    const small = toWire(await scene.call({ ...call, params: { arguments: {}, requestState: 'junk' } }));
    for (const requestState of ['junk', SEALED]) {
      const body = toCallBody({ ...call, params: { arguments: {}, requestState } }).replace(
        '{},',
        `{"v":${fill(piece)}},`,
      );
      assert.equal(toWire(await scene.send(call, body)), small);
    }
    assert.equal(scene.countHits(), 0);
  });
}

test('a number at the very end of a state’s arguments is read to its end', async (t) => {
  const scene = await startScene(t);
  for (const number of ['0', '-0', '1e5', '1.0', '100', '1e-400', '123456789012345678901234567890', '0.0000001']) {
    const call: Call = { name: 'ask' };
    const body = toCallBody({ ...call, params: { arguments: {} } }).replace('{}}}', `{"v":${number}}}}`);
    assert.ok(body.includes(`"v":${number}}`));
    const { result } = JSON.parse((await scene.send(call, body)).text) as { result: { requestState: string } };
    const again = body.replace('"arguments"', `"requestState":"${result.requestState}","arguments"`);
    assert.equal((await scene.send(call, again)).status, 200, number);
  }
});
