// Walking checked JSON finds what a parser finds, at the places where it stands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  eachItem,
  eachMember,
  findMember,
  findRoot,
  readString,
  skipValue,
  walkItems,
  walkMembers,
} from '../../../gateway/mcp/json-walk.ts';
import { anyString, jsonText } from './json-texts.ts';
import { measureRatio } from './measure-ratio.ts';

/** The value that stands there, read by walking alone. */
function readBack(text: Buffer, start: number): unknown {
  if (text[start] === 0x22) return readString(text, start, skipValue(text, start));
  if (text[start] === 0x5b) {
    const items: unknown[] = [];
    eachItem(text, start, (at, end) => {
      assert.equal(skipValue(text, at), end);
      items.push(readBack(text, at));
    });
    return items;
  }
  if (text[start] === 0x7b) {
    const members: [string, unknown][] = [];
    const behind = eachMember(text, start, ({ name, nameStart, start: at, end }) => {
      assert.equal(JSON.parse(text.toString('utf8', nameStart, skipValue(text, nameStart))), name);
      assert.equal(skipValue(text, at), end);
      members.push([name, readBack(text, at)]);
      return true;
    });
    assert.equal(behind, skipValue(text, start));
    return Object.fromEntries(members);
  }
  return JSON.parse(text.toString('utf8', start, skipValue(text, start)));
}

test('what is walked is what a parser reads, however it is spelled', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const bytes = Buffer.from(text);
      assert.deepEqual(readBack(bytes, findRoot(bytes)), JSON.parse(text));
    }),
    { numRuns: 3000 },
  );
});

test('a string ends at its own quote, whatever its length and its escapes', () => {
  const piece = fc.oneof(
    anyString.map((literal) => literal.slice(1, -1)),
    fc.integer({ min: 0, max: 80 }).map((count) => 'x'.repeat(count)),
    fc.integer({ min: 0, max: 40 }).map((count) => '\\\\'.repeat(count)),
    fc.constantFrom('\\"', '\\\\\\"', '\\u0022', '\\u005c', ']', '}'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), anyString, (pieces, next) => {
      const literal = `"${pieces.join('')}"`;
      const bytes = Buffer.from(`[${literal},${next}]`);
      assert.equal(skipValue(bytes, 1), 1 + Buffer.byteLength(literal));
      assert.deepEqual(readBack(bytes, 0), JSON.parse(bytes.toString()));
    }),
    { numRuns: 2000 },
  );
});

test('a member is found by its name as it reads, not as it is spelled', () => {
  const text = Buffer.from(' { "n\\u0061me" : 1 , "__proto__":2,"name2":{"x":3},"":"" } ');
  const at = (name: string) => {
    const member = findMember(text, findRoot(text), name);
    return member && text.toString('utf8', member.nameStart, member.end);
  };
  assert.equal(at('name'), '"n\\u0061me" : 1');
  assert.equal(at('__proto__'), '"__proto__":2');
  assert.equal(at('name2'), '"name2":{"x":3}');
  assert.equal(at(''), '"":""');
  assert.equal(at('x'), undefined);
  assert.equal(at('constructor'), undefined);
});

test('nothing is found in what is no object', () => {
  for (const text of ['[{"a":1}]', '"{}"', '1', 'null']) assert.equal(findMember(Buffer.from(text), 0, 'a'), undefined);
});

test('a visit can stop the walk', () => {
  const text = Buffer.from('{"a":[1,2],"b":2,"c":3}');
  const seen: string[] = [];
  const end = eachMember(text, 0, ({ name }) => {
    seen.push(name);
    return name !== 'b';
  });
  assert.deepEqual(seen, ['a', 'b']);
  assert.equal(end, text.indexOf(',"c"'));
  assert.equal(
    walkMembers(text, 0, () => -1),
    -1,
  );
});

test('walking costs time in proportion to the text, also with many escapes and quotes', () => {
  const texts = [(size: number) => `"${'\\\\'.repeat(size)}"`, (size: number) => `"${'\\"'.repeat(size)}"`];
  for (const make of texts) {
    const [small, large] = [Buffer.from(make(20_000)), Buffer.from(make(320_000))];
    const ratio = measureRatio(
      () => skipValue(small, 0),
      () => skipValue(large, 0),
    );
    assert.ok(ratio < 64, `sixteen times the text took ${ratio.toFixed(1)} times as long`);
  }
});

test('a visit that stops a walk over items stops it for good', () => {
  const visited: number[] = [];
  const text = Buffer.from('[0, 1, 2]');
  assert.equal(
    walkItems(text, 0, (start) => (visited.push(start) === 2 ? -1 : start + 1)),
    -1,
  );
  assert.deepEqual(visited, [1, 4]);
});
