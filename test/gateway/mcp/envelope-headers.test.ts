// Mirrored headers against the body: agreement is exact, and everything else is a mismatch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, HONEST, judgeDraft, makeDraft, openDraft, remove, replace } from './make-request.ts';

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

const ACCEPTED: readonly (readonly [what: string, spoil: (draft: Draft) => unknown])[] = [
  ['blanks around values', (d) => d.headers.forEach((line) => (line[1] = ` \t${line[1]}\t `))],
  ['lower-case header names', (d) => d.headers.forEach((line) => (line[0] = line[0].toLowerCase()))],
  ['upper-case header names', (d) => d.headers.forEach((line) => (line[0] = line[0].toUpperCase()))],
  ['headers in reverse', (d) => (d.headers = d.headers.toReversed())],
  ['a name that is encoded without need', (d) => replace(d.headers, 'Mcp-Name', base64('weather'))],
  ['a parameter', (d) => d.headers.push(['Mcp-Param-Region', 'eu'])],
  ['an encoded parameter', (d) => d.headers.push(['Mcp-Param-Region', base64('é')])],
  ['two parameters', (d) => d.headers.push(['Mcp-Param-A', '1'], ['Mcp-Param-B', '1'])],
];

for (const [what, spoil] of ACCEPTED) {
  test(`a request with ${what} is accepted`, () => {
    const draft = makeDraft();
    spoil(draft);
    assert.equal(openDraft(draft).name, 'weather');
  });
}

const REFUSED: readonly (readonly [what: string, reason: string, spoil: (draft: Draft) => unknown])[] = [
  ['no headers', 'version_missing', (d) => d.headers.splice(0)],
  ['no version', 'version_missing', (d) => remove(d.headers, 'MCP-Protocol-Version')],
  ['no method', 'method_missing', (d) => remove(d.headers, 'Mcp-Method')],
  ['no name', 'name_missing', (d) => remove(d.headers, 'Mcp-Name')],
  ['an empty version', 'version_differs', (d) => replace(d.headers, 'MCP-Protocol-Version', '')],
  ['an older version', 'version_differs', (d) => replace(d.headers, 'MCP-Protocol-Version', '2025-11-25')],
  ['an encoded version', 'version_differs', (d) => replace(d.headers, 'MCP-Protocol-Version', base64('2026-07-28'))],
  ['a version with NBSP', 'characters', (d) => replace(d.headers, 'MCP-Protocol-Version', '2026-07-28\u00a0')],
  ['another method', 'method_differs', (d) => replace(d.headers, 'Mcp-Method', 'tools/list')],
  ['the method in capitals', 'method_differs', (d) => replace(d.headers, 'Mcp-Method', 'Tools/Call')],
  ['an encoded method', 'method_differs', (d) => replace(d.headers, 'Mcp-Method', base64('tools/call'))],
  ['a method with a control character', 'characters', (d) => replace(d.headers, 'Mcp-Method', 'tools/call\x01')],
  ['another name', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', 'other')],
  ['the name in capitals', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', 'Weather')],
  ['an empty name', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', '')],
  ['another encoded name', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', base64('other'))],
  ['a name encoded twice', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', base64(base64('weather')))],
  ['a name in percent escapes', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', '%77eather')],
  ['a name in quotes', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', '"weather"')],
  ['upper-case markers', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', base64('weather').replace('b', 'B'))],
  ['half a marker', 'name_differs', (d) => replace(d.headers, 'Mcp-Name', base64('weather').slice(0, -1))],
  ['Base64 without padding', 'name_malformed', (d) => replace(d.headers, 'Mcp-Name', '=?base64?d2VhdGhlcg?=')],
  ['Base64 with a space', 'name_malformed', (d) => replace(d.headers, 'Mcp-Name', '=?base64?d2Vh dGhlcg==?=')],
  ['bad UTF-8 inside', 'name_malformed', (d) => replace(d.headers, 'Mcp-Name', '=?base64?/w==?=')],
  ['a raw Latin-1 name', 'name_malformed', (d) => replace(d.headers, 'Mcp-Name', 'weath\u00e9r')],
  ['the version twice', 'repeated', (d) => d.headers.push(['mcp-protocol-version', '2026-07-28'])],
  ['the method twice', 'repeated', (d) => d.headers.push(['MCP-METHOD', 'tools/call'])],
  ['the name twice', 'repeated', (d) => d.headers.push(['Mcp-Name', 'weather'])],
  ['the name twice, one empty', 'repeated', (d) => d.headers.push(['Mcp-Name', ''])],
  ['a parameter twice', 'param_repeated', (d) => d.headers.push(['Mcp-Param-A', '1'], ['mcp-param-a', '1'])],
  ['a parameter folded', 'param_repeated', (d) => d.headers.push(['Mcp-Param-A-B', '1'], ['Mcp-Param-A_B', '1'])],
  ['a parameter with bad Base64', 'param_malformed', (d) => d.headers.push(['Mcp-Param-A', '=?base64?Zg?='])],
  ['a parameter with raw bytes', 'param_malformed', (d) => d.headers.push(['Mcp-Param-A', '\u00e9'])],
];

for (const [what, reason, spoil] of REFUSED) {
  test(`a request with ${what} is a mismatch`, () => {
    const draft = makeDraft();
    spoil(draft);
    assert.equal(judgeDraft(draft), `header_mismatch: ${reason}`);
  });
}

test('two headers that a lenient server would join into the name of the body are a mismatch', () => {
  const draft = makeDraft();
  replace(draft.params, 'name', '"a, b"');
  replace(draft.headers, 'Mcp-Name', 'a');
  draft.headers.push(['Mcp-Name', 'b']);
  assert.equal(judgeDraft(draft), 'header_mismatch: repeated');
});

test('a name that looks encoded agrees only with its own encoding, never with itself', () => {
  const draft = makeDraft();
  replace(draft.params, 'name', JSON.stringify(base64('weather')));
  replace(draft.headers, 'Mcp-Name', base64('weather'));
  assert.equal(judgeDraft(draft), 'header_mismatch: name_differs');
  replace(draft.headers, 'Mcp-Name', base64(base64('weather')));
  assert.equal(judgeDraft(draft), 'accepted');
});

for (const [method, , name] of HONEST.filter(([, , name]) => name === undefined)) {
  test(`Mcp-Name on ${method}, which has none, is a mismatch`, () => {
    assert.equal(name, undefined);
    for (const value of ['weather', '', base64('x')]) {
      const draft = makeDraft(method);
      draft.headers.push(['Mcp-Name', value]);
      assert.equal(judgeDraft(draft), 'header_mismatch: name_unexpected');
    }
  });
}

test('Mcp-Name repeats the field of its own method and no other', () => {
  const rows = [
    ['resources/read', 'name', 'weather'],
    ['tools/call', 'uri', 'file:///x'],
    ['tools/call', 'taskId', 't9'],
    ['tasks/get', 'name', 'weather'],
  ] as const;
  for (const [method, field, value] of rows) {
    const draft = makeDraft(method);
    draft.params.unshift([field, JSON.stringify(value)]);
    assert.equal(judgeDraft(draft), 'accepted', 'the other field means nothing');
    replace(draft.headers, 'Mcp-Name', value);
    assert.equal(judgeDraft(draft), 'header_mismatch: name_differs', `${field} on ${method}`);
  }
});

test('names in two Unicode normal forms differ', () => {
  const draft = makeDraft();
  replace(draft.params, 'name', '"caf\\u00e9"');
  replace(draft.headers, 'Mcp-Name', base64('cafe\u0301'));
  assert.equal(judgeDraft(draft), 'header_mismatch: name_differs');
});
