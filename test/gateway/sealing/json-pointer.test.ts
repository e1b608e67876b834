// JSON Pointers into bytes find what RFC 6901 says they find.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePointer, followPointer } from '../../../gateway/sealing/json-pointer.ts';

const TEXT = Buffer.from(
  '{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\\\j": 5, "k\\"l": 6, " ": 7, "m~n": 8, "FOO2": 9, "10": {"0": "x"}}',
);

function follow(pointer: string): string | undefined {
  const { span } = followPointer(TEXT, { start: 0, end: TEXT.length }, compilePointer(pointer));
  return span && TEXT.toString('utf8', span.start, span.end);
}

for (const [pointer, found] of [
  // The samples of RFC 6901, section 5.
  ['', TEXT.toString()],
  ['/foo', '["bar", "baz"]'],
  ['/foo/0', '"bar"'],
  ['/', '0'],
  ['/a~1b', '1'],
  ['/c%d', '2'],
  ['/e^f', '3'],
  ['/g|h', '4'],
  ['/i\\j', '5'],
  ['/k"l', '6'],
  ['/ ', '7'],
  ['/m~0n', '8'],
  ['/foo/1', '"baz"'],
  ['/10/0', '"x"'],
  ['/foo/2', undefined],
  ['/foo/00', undefined],
  ['/foo/-', undefined],
  ['/foo/0/0', undefined],
  ['/foo2', undefined],
  ['/__proto__', undefined],
  ['/m~n', TypeError],
  ['/m~', TypeError],
  ['foo', TypeError],
] as const) {
  test(`${JSON.stringify(pointer)} finds ${typeof found === 'function' ? 'a fault' : found?.slice(0, 20)}`, () => {
    if (typeof found === 'function') assert.throws(() => compilePointer(pointer), found);
    else assert.equal(follow(pointer), found);
  });
}

const isAmbiguous = (pointer: string): boolean =>
  followPointer(TEXT, { start: 0, end: TEXT.length }, compilePointer(pointer)).isAmbiguous;

test('a name that only its case tells from the pointer is noticed on the way', () => {
  assert.equal(isAmbiguous('/foo2'), true);
  assert.equal(isAmbiguous('/foo'), false);
  assert.equal(isAmbiguous('/Foo/0'), true);
});
