// A request that is wrong in two ways is refused for the one that comes first in the order of the checks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, judgeDraft, makeDraft, remove, replace } from './make-request.ts';

const ORDER = [
  'not_json',
  'not_a_request',
  'bad_params',
  'header_mismatch',
  'unsupported_version',
  'unknown_method',
] as const;

interface Wrong {
  readonly kind: (typeof ORDER)[number];
  readonly what: string;
  readonly spoil: (draft: Draft) => unknown;
  /** Can only be seen where the method is in the table. */
  readonly needsMethod?: true;
}

const VERSION = 'io.modelcontextprotocol/protocolVersion';

const WRONGS: readonly Wrong[] = [
  { kind: 'not_json', what: 'trailing bytes', spoil: (d) => (d.tail = 'x') },
  { kind: 'not_json', what: 'bad UTF-8', spoil: (d) => (d.tail = Buffer.from([0xff])) },
  { kind: 'not_json', what: 'a second body', spoil: (d) => (d.tail = '{}') },
  { kind: 'not_a_request', what: 'an unknown member', spoil: (d) => d.top.push(['extra', '1']) },
  { kind: 'not_a_request', what: 'a wrong jsonrpc', spoil: (d) => replace(d.top, 'jsonrpc', '"1.0"') },
  { kind: 'not_a_request', what: 'a null id', spoil: (d) => replace(d.top, 'id', 'null') },
  { kind: 'not_a_request', what: 'no id', spoil: (d) => remove(d.top, 'id') },
  { kind: 'not_a_request', what: 'a lookalike in params', spoil: (d) => d.params.push(['Name', '"x"']) },
  { kind: 'not_a_request', what: 'a lookalike in _meta', spoil: (d) => d.meta.push(['Baggage', '""']) },
  { kind: 'bad_params', what: 'no version in _meta', spoil: (d) => remove(d.meta, VERSION) },
  {
    kind: 'bad_params',
    what: 'capabilities of a wrong type',
    spoil: (d) => replace(d.meta, 'io.modelcontextprotocol/clientCapabilities', '1'),
  },
  {
    kind: 'bad_params',
    what: 'a name of a wrong type',
    spoil: (d) => replace(d.params, 'name', '1'),
    needsMethod: true,
  },
  { kind: 'bad_params', what: 'no name', spoil: (d) => remove(d.params, 'name'), needsMethod: true },
  {
    kind: 'bad_params',
    what: 'a NUL in the name',
    spoil: (d) => replace(d.params, 'name', '"a\\u0000"'),
    needsMethod: true,
  },
  { kind: 'header_mismatch', what: 'no version header', spoil: (d) => remove(d.headers, 'MCP-Protocol-Version') },
  {
    kind: 'header_mismatch',
    what: 'another version header',
    spoil: (d) => replace(d.headers, 'MCP-Protocol-Version', '1'),
  },
  { kind: 'header_mismatch', what: 'another method header', spoil: (d) => replace(d.headers, 'Mcp-Method', 'x') },
  { kind: 'header_mismatch', what: 'two name headers', spoil: (d) => d.headers.push(['Mcp-Name', 'weather']) },
  { kind: 'header_mismatch', what: 'a malformed parameter', spoil: (d) => d.headers.push(['Mcp-Param-A', '\u00e9']) },
  { kind: 'header_mismatch', what: 'no name header', spoil: (d) => remove(d.headers, 'Mcp-Name'), needsMethod: true },
  {
    kind: 'header_mismatch',
    what: 'another name header',
    spoil: (d) => replace(d.headers, 'Mcp-Name', 'x'),
    needsMethod: true,
  },
  {
    kind: 'unsupported_version',
    what: 'an older version',
    spoil: (d) => {
      replace(d.meta, VERSION, '"2025-11-25"');
      replace(d.headers, 'MCP-Protocol-Version', '2025-11-25');
    },
  },
  {
    kind: 'unknown_method',
    what: 'an unknown method',
    spoil: (d) => {
      replace(d.top, 'method', '"tools/cull"');
      replace(d.headers, 'Mcp-Method', 'tools/cull');
    },
  },
];

for (const wrong of WRONGS) {
  test(`${wrong.what} alone is ${wrong.kind}`, () => {
    const draft = makeDraft();
    wrong.spoil(draft);
    assert.match(judgeDraft(draft), new RegExp(`^${wrong.kind}: `));
  });
}

for (const first of WRONGS) {
  for (const second of WRONGS) {
    if (ORDER.indexOf(first.kind) >= ORDER.indexOf(second.kind)) continue;
    if (first.needsMethod && second.kind === 'unknown_method') continue;
    test(`${first.what} goes before ${second.what}`, () => {
      const draft = makeDraft();
      // The later one first, so that what it replaces is still there; then the earlier one over it.
      spoilIfThere(second, draft);
      spoilIfThere(first, draft);
      assert.match(judgeDraft(draft), new RegExp(`^${first.kind}: `));
    });
  }
}

/** Two ways of being wrong may need the same part; what is gone already is wrong enough. */
function spoilIfThere(wrong: Wrong, draft: Draft): void {
  try {
    wrong.spoil(draft);
  } catch (error) {
    if (!String(error).includes('no io.modelcontextprotocol')) throw error;
  }
}

test('a method that is known but not served on this endpoint is unknown', () => {
  assert.equal(judgeDraft(makeDraft('resources/subscribe')), 'unknown_method: not_served');
  for (const gone of [
    'ping',
    'logging/setLevel',
    'resources/unsubscribe',
    'tasks/list',
    'tasks/result',
    'TOOLS/CALL',
    '',
  ]) {
    assert.equal(judgeDraft(makeDraft(gone)), 'unknown_method: not_served', gone);
  }
});
