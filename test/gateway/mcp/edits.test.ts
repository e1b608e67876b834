// Edits change the places they name, keep a text well-formed, and leave every other token as it came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits, type Edit, toInsertion } from '../../../gateway/mcp/edits.ts';
import { eachItem, eachMember, findRoot, skipValue } from '../../../gateway/mcp/json-walk.ts';
import { jsonText } from './json-texts.ts';
import { toTokens } from './to-tokens.ts';

const ITEMS = '{ "a" : [ 1 , 2 , 3 ] , "b":{} }';

function edit(text: string, ...edits: readonly Edit[]): string {
  return applyEdits(Buffer.from(text), edits).toString();
}

function drop(text: string, what: string): Edit {
  const start = text.indexOf(what);
  return { start, end: start + what.length, text: undefined };
}

test('what is dropped takes one comma with it and leaves the rest as it came', () => {
  const rows = [
    [['1'], '{ "a" : [ 2 , 3 ] , "b":{} }'],
    [['2'], '{ "a" : [ 1 , 3 ] , "b":{} }'],
    [['3'], '{ "a" : [ 1 , 2  ] , "b":{} }'],
    [['2', '3'], '{ "a" : [ 1  ] , "b":{} }'],
    [['1', '2', '3'], '{ "a" : [  ] , "b":{} }'],
    [['"b":{}'], '{ "a" : [ 1 , 2 , 3 ]  }'],
    [['"a" : [ 1 , 2 , 3 ]'], '{ "b":{} }'],
    [['"b":{}', '"a" : [ 1 , 2 , 3 ]', '2'], '{  }'],
  ] as const;
  for (const [what, expected] of rows) assert.equal(edit(ITEMS, ...what.map((part) => drop(ITEMS, part))), expected);
});

test('nothing to edit gives the very same buffer', () => {
  const text = Buffer.from(ITEMS);
  assert.equal(applyEdits(text, []), text);
});

test('a member can be put in front of others that stay, go, or never were', () => {
  const rows = [
    ['{"a":1,"b":2}', [], '{"x":0,"a":1,"b":2}'],
    ['{"a":1,"b":2}', ['"a":1'], '{"x":0,"b":2}'],
    ['{"a":1,"b":2}', ['"b":2'], '{"x":0,"a":1}'],
    ['{"a":1,"b":2}', ['"a":1', '"b":2'], '{"x":0}'],
    ['{}', [], '{"x":0}'],
    ['{ }', [], '{"x":0 }'],
  ] as const;
  for (const [text, dropped, expected] of rows) {
    const edits = [...dropped.map((what) => drop(text, what)), toInsertion(0, '"x":0')];
    assert.equal(edit(text, ...edits), expected);
    assert.equal(edit(text, ...edits.toReversed()), expected);
  }
  assert.equal(edit('{}', toInsertion(0, '"x":0'), toInsertion(0, '"y":1')), '{"x":0,"y":1}');
});

test('an edit inside another one is lost with it, and the same place is changed once', () => {
  const text = '{"a":{"b":1},"c":2}';
  assert.equal(edit(text, drop(text, '"b":1'), drop(text, '"a":{"b":1}')), '{"c":2}');
  assert.equal(edit(text, { start: 5, end: 12, text: '3' }, toInsertion(5, '"x":0')), '{"a":3,"c":2}');
  assert.equal(edit(text, drop(text, '"c":2'), drop(text, '"c":2')), '{"a":{"b":1}}');
});

interface Plan {
  readonly edits: Edit[];
  /** The tokens that should come out, or undefined when the value was dropped. */
  readonly expected: string;
}

/** Decides what happens to each value, and works out by itself what should come out. */
function plan(text: Buffer, start: number, choose: () => number): Plan {
  const first = text[start];
  const edits: Edit[] = [];
  const parts: string[] = [];
  if (first === 0x7b) {
    if (choose() === 0) {
      edits.push(toInsertion(start, '"+":true'));
      parts.push('"+":true');
    }
    eachMember(text, start, ({ nameStart, start: at, end }) => {
      const name = toTokens(text.toString('utf8', nameStart, skipValue(text, nameStart)));
      visit(nameStart, at, end, `${name}:`);
      return true;
    });
    return { edits, expected: `{${parts.join(',')}}` };
  }
  if (first === 0x5b) {
    eachItem(text, start, (at, end) => visit(at, at, end, ''));
    return { edits, expected: `[${parts.join(',')}]` };
  }
  return { edits, expected: text.toString('utf8', start, skipValue(text, start)) };

  function visit(from: number, at: number, end: number, name: string): void {
    const how = choose();
    const inner = plan(text, at, choose);
    if (how !== 1) edits.push(...inner.edits);
    if (how === 0) edits.push({ start: from, end, text: undefined });
    else if (how === 1) {
      edits.push({ start: at, end, text: '"changed"' });
      parts.push(`${name}"changed"`);
    } else parts.push(name + inner.expected);
  }
}

test('any set of edits gives the tokens a plain reader expects, in any order of the edits', () => {
  fc.assert(
    fc.property(jsonText, fc.array(fc.nat(4), { minLength: 5, maxLength: 60 }), fc.boolean(), (json, choices, back) => {
      let turn = 0;
      const text = Buffer.from(json);
      const { edits, expected } = plan(text, findRoot(text), () => choices[turn++ % choices.length] as number);
      const out = applyEdits(text, back ? edits.toReversed() : edits).toString();
      assert.equal(toTokens(out), expected);
      assert.deepEqual(JSON.parse(out), JSON.parse(expected));
    }),
    { numRuns: 3000 },
  );
});
