// A server that hides a forbidden item in a list by spelling or by shape gets it past no reader, strict or lenient.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeListEditor } from '../../../gateway/response/list-editor.ts';
import { cuts } from '../mcp/cut-bytes.ts';
import { editJson, editStream, toEvent, toMessages } from './edit-answer.ts';

const fold = (name: string): string => name.toUpperCase().toLowerCase();

/** Every value that a reader who ignores case could read under this name. */
function* readLeniently(object: unknown, name: string): Generator {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return;
  for (const [key, value] of Object.entries(object)) if (fold(key) === name) yield value;
}

function collectNames(message: unknown): unknown[] {
  const names: unknown[] = [];
  for (const result of readLeniently(message, 'result'))
    for (const list of readLeniently(result, 'tools'))
      for (const item of Array.isArray(list) ? list : [list]) names.push(...readLeniently(item, 'name'));
  return names;
}

const key = (name: string): fc.Arbitrary<string> => {
  const [head, tail] = [name[0] as string, name.slice(1)];
  const escaped = `\\u00${head.charCodeAt(0).toString(16)}${tail}`;
  const others = [escaped, head.toUpperCase() + tail, name.toUpperCase(), name.replace('s', '\u017f'), `${name} `];
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(`"${name}"`) },
    { weight: 1, arbitrary: fc.constantFrom(...others).map((one) => `"${one}"`) },
  );
};
const value = fc.constantFrom(
  '"secret"',
  '"s\\u0065cret"',
  '"get"',
  '"get"',
  '1',
  'null',
  '["secret"]',
  '{"name":"secret"}',
);
const item = fc.oneof(
  fc
    .uniqueArray(fc.tuple(fc.oneof(key('name'), fc.constantFrom('"title"', '"_meta"')), value), {
      selector: ([k]) => k,
      maxLength: 3,
    })
    .map((members) => members.map(([k, v]) => `${k}:${v}`))
    .map(toObject),
  fc.constantFrom('[{"name":"secret"}]', '"secret"', '{"tools":[{"name":"secret"}]}', '[]', 'null'),
);
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const list = fc.oneof(
  { weight: 8, arbitrary: fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`) },
  { weight: 1, arbitrary: fc.constantFrom('{"name":"secret"}', '"secret"', 'null') },
);
const tools = fc.tuple(key('tools'), list).map(([k, v]) => `${k}:${v}`);
const other = fc.constantFrom('"resultType":"complete"', '"nextCursor":"c"', '"cacheScope":"public"', '"x":1');
const result = fc.tuple(fc.option(other), tools, rarely(fc.oneof(tools, other))).map(toObject);
const response = fc.tuple(key('result'), result).map(([k, v]) => `${k}:${v}`);
const message = fc
  .tuple(response, rarely(response))
  .map(([first, second]) => toObject(['"jsonrpc":"2.0"', '"id":1', first, second]));

function toObject(members: readonly (string | null)[]): string {
  return `{${members.filter((one) => one !== null).join(',')}}`;
}

const makeEditor = () =>
  makeListEditor({ list: 'tools', shows: (name) => name === 'get', dependsOnCaller: true, keepsUi: true });

test('no reader finds a forbidden name in what is let through, and strict readers find what is allowed', () => {
  let passed = 0;
  fc.assert(
    fc.property(message, cuts, (text, at) => {
      const { fault, text: out, calls } = editJson(makeEditor(), text, at);
      const stream = editStream(makeEditor(), toEvent(text), at);
      assert.equal(stream.fault, fault);
      if (fault !== undefined) {
        assert.deepEqual([fault, calls, stream.calls], ['malformed', [], []]);
        return;
      }
      passed++;
      const given = JSON.parse(out) as { result: { tools: { name: string }[]; cacheScope: string } };
      assert.deepEqual(toMessages(stream.text), [given]);
      assert.equal(given.result.cacheScope, 'private');
      assert.ok(collectNames(given).every((name) => name === 'get'));
      assert.ok(given.result.tools.every((tool) => tool.name === 'get'));
      const came = (JSON.parse(text) as { result: { tools: unknown[] } }).result.tools;
      const allowed = came.filter((one) => {
        const names = [...readLeniently(one, 'name')];
        return names.length === 1 && names[0] === 'get' && Object.hasOwn(one as object, 'name');
      });
      assert.deepEqual(given.result.tools, allowed);
    }),
    { numRuns: 4000 },
  );
  assert.ok(passed > 500, `only ${passed} of them were lists at all`);
});
