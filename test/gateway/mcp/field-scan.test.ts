// Looking at the first letter of a name before reading it never changes what the name is taken for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isLookalike, makeFieldNames } from '../../../gateway/mcp/field-names.ts';
import { LOOKALIKE, makeFieldScan } from '../../../gateway/mcp/field-scan.ts';
import { anyString } from './json-texts.ts';

const NAMES = ['name', '_meta', 'skills', 'resultType', 'io.modelcontextprotocol/subscriptionId'];
const FIELDS = makeFieldNames(NAMES);
const scan = makeFieldScan(NAMES);

const say = (literal: string) => {
  const text = Buffer.from(` ${literal}:`);
  return scan.scan(text, 1, text.length - 1);
};

test('a field is known however it is spelled, and so is what only looks like one', () => {
  for (const literal of ['"name"', '"\\u006eame"', '"nam\\u0065"']) assert.equal(say(literal), 'name');
  for (const literal of [
    '"Name"',
    '"NAME"',
    '"\\u004eame"',
    '"_META"',
    '"\u017fKILL\u017f"',
    '"s\u212aills"',
    '"\\u017fkills"',
  ])
    assert.equal(say(literal), LOOKALIKE, literal);
  for (const literal of ['""', '"nam"', '"names"', '" name"', '"title"', '"constructor"', '"\u00f1ame"'])
    assert.equal(say(literal), undefined, literal);
});

test('any name is taken for what reading it in full says', () => {
  const twisted = fc
    .tuple(fc.constantFrom(...NAMES), fc.array(fc.nat(5), { minLength: 3, maxLength: 9 }))
    .map(([name, choices]) => {
      const spelled = Array.from(name, (c, i) => {
        const choice = choices[i % choices.length] as number;
        if (choice === 1) return c.toUpperCase();
        if (choice === 2) return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
        if (choice === 3) return c === 's' ? '\u017f' : c === 'k' ? '\u212a' : c;
        return c;
      });
      return `"${spelled.join('')}"`;
    });
  fc.assert(
    fc.property(fc.oneof(twisted, anyString), (literal) => {
      const name = JSON.parse(literal) as string;
      const expected = FIELDS.exact.has(name) ? name : isLookalike(name, FIELDS) ? LOOKALIKE : undefined;
      assert.equal(say(literal), expected);
    }),
    { numRuns: 3000 },
  );
});
