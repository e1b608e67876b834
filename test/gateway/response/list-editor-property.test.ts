// For any list, however it is spelled, sent and cut, the client reads the filtered list, and every other byte is as it came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeListEditor } from '../../../gateway/response/list-editor.ts';
import { cuts } from '../mcp/cut-bytes.ts';
import { jsonText } from '../mcp/json-texts.ts';
import { measureRatio } from '../mcp/measure-ratio.ts';
import { toTokens } from '../mcp/to-tokens.ts';
import { editJson, editStream, toEvent, toMessages } from './edit-answer.ts';

const KEYS = { tools: 'name', prompts: 'name', resources: 'uri', resourceTemplates: 'uriTemplate' } as const;
type List = keyof typeof KEYS;

const NAMES = ['get', 'delete', 'a"b', 'é', 'constructor', '__proto__', '', 'GET', 'x://a/b', '\u{1f600}'];
const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t');
const name = fc.constantFrom(...NAMES);

/** A string with some of its characters escaped. */
const spell = (text: string, escapes: readonly boolean[]): string =>
  `"${Array.from(JSON.stringify(text).slice(1, -1), (c, i) =>
    escapes[i % escapes.length] === true && /[a-z]/i.test(c)
      ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
      : c,
  ).join('')}"`;
const escapes = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });

interface Item {
  readonly text: string;
  /** Undefined where it has none. */
  readonly name: string | undefined;
}

const item = (list: List): fc.Arbitrary<Item> =>
  fc.oneof(
    { weight: 6, arbitrary: namedItem(list) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('{}', '7', 'null', '[]', '{"a":"get"}').map((text) => ({ text, name: undefined })),
    },
  );

const namedItem = (list: List): fc.Arbitrary<Item> =>
  fc
    .tuple(name, escapes, escapes, blank, fc.array(jsonText, { maxLength: 3 }), fc.nat(3))
    .map(([text, keyEscapes, nameEscapes, space, extras, place]) => {
      const members = extras.map((value, i) => `"extra${i}"${space}:${value}`);
      members.splice(place, 0, `${spell(KEYS[list], keyEscapes)}${space}:${space}${spell(text, nameEscapes)}`);
      return { text: `{${space}${members.join(`${space},`)}${space}}`, name: text };
    })
    .filter(({ text }) => !text.includes(`"${KEYS[list]}":[`));

const page = fc.constantFrom<List>('tools', 'prompts', 'resources', 'resourceTemplates').chain((list) =>
  fc.record({
    list: fc.constant(list),
    items: fc.array(item(list), { maxLength: 8 }),
    hidden: fc.subarray(NAMES),
    space: blank,
    scope: fc.constantFrom(undefined, '"public"', '"private"', '1', 'null', '["private"]'),
    cursor: fc.boolean(),
    dependsOnCaller: fc.boolean(),
  }),
);

type Page = typeof page extends fc.Arbitrary<infer P> ? P : never;

function write({ list, space, scope, cursor }: Page, items: readonly Item[], isEdited: boolean): string {
  const scopeMember = scope === undefined ? '' : `${space},${space}"cacheScope":${isEdited ? '"private"' : scope}`;
  const inserted = isEdited && scope === undefined ? '"cacheScope":"private",' : '';
  const array = `[${space}${items.map(({ text }) => text).join(`${space},${space}`)}${space}]`;
  const rest = `${cursor ? ',"nextCursor":"c"' : ''}${scopeMember}`;
  return `${space}{"jsonrpc":"2.0","id":1,"result":{${inserted}${space}"${list}":${array}${rest}}}${space}`;
}

test('the client reads the list without what is hidden, in JSON and in events, wherever it was cut', () => {
  fc.assert(
    fc.property(page, cuts, (given, at) => {
      const hidden = new Set(given.hidden);
      const { list, dependsOnCaller } = given;
      const makeEditor = () => makeListEditor({ list, shows: (n) => !hidden.has(n), dependsOnCaller, keepsUi: true });
      const input = write(given, given.items, false);
      const left = given.items.filter((one) => one.name !== undefined && !hidden.has(one.name));
      const expected = write(given, left, dependsOnCaller);

      const json = editJson(makeEditor(), input, at);
      assert.equal(json.fault, undefined);
      assert.equal(toTokens(json.text), toTokens(expected));
      assert.deepEqual(JSON.parse(json.text), JSON.parse(expected));
      if (given.space === '') assert.equal(json.text, expected);

      const stream = editStream(makeEditor(), toEvent(input), at);
      assert.equal(stream.fault, undefined);
      assert.deepEqual(toMessages(stream.text), [JSON.parse(expected)]);
      if (given.space === '') assert.equal(stream.text, toEvent(expected));
    }),
    { numRuns: 2000 },
  );
});

const make = (count: number): Buffer => {
  const tools = Array.from({ length: count }, (_, i) => `{"name":"tool_${i}","description":"text \\" of ${i}"}`);
  return Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools.join(',')}]}}`);
};

test('filtering costs time in proportion to the list', () => {
  const [small, large] = [make(1000), make(10_000)];
  for (const shows of [() => false, (n: string) => n.endsWith('7'), (n: string) => !n.endsWith('7')]) {
    const editor = makeListEditor({ list: 'tools', shows, dependsOnCaller: true, keepsUi: false });
    const ratio = measureRatio(
      () => editor.edit(small, 'result'),
      () => editor.edit(large, 'result'),
    );
    assert.ok(ratio < 40, `ten times the list took ${ratio.toFixed(1)} times as long`);
  }
});

const shows = (tool: string): boolean => tool.endsWith('7');
const makeSevens = () => makeListEditor({ list: 'tools', shows, dependsOnCaller: false, keepsUi: true });

test('ten thousand tools in one answer are filtered', () => {
  const tools = Array.from({ length: 10_000 }, (_, i) => ({
    name: `tool_${i}`,
    description: 'x'.repeat(100),
    inputSchema: {},
  }));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools } });
  const expected = { jsonrpc: '2.0', id: 1, result: { tools: tools.filter((tool) => shows(tool.name)) } };
  assert.deepEqual(JSON.parse(editJson(makeSevens(), body, [1_000, 300_000, 700_000]).text), expected);
  assert.deepEqual(toMessages(editStream(makeSevens(), toEvent(body), [1_000, 300_000, 700_000]).text), [expected]);
});
