// Honest requests of every method are taken, and the envelope says what they say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { HONEST, judge, judgeDraft, makeDraft, open, openDraft, replace, toBody } from './make-request.ts';

for (const [method, params, name] of HONEST) {
  test(`an honest ${method} is accepted with its name and the places of params and _meta`, () => {
    const draft = makeDraft(method);
    const body = toBody(draft);
    const envelope = openDraft(draft);
    assert.equal(envelope.method.name, method);
    assert.equal(envelope.name, name);
    assert.equal(envelope.id, 1);
    assert.equal(envelope.idLiteral, '1');
    assert.equal(envelope.version, '2026-07-28');
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    assert.deepEqual(JSON.parse(body.toString('utf8', envelope.metaStart, envelope.metaEnd)), meta);
    assert.deepEqual(JSON.parse(body.toString('utf8', envelope.paramsStart, envelope.paramsEnd)), {
      ...params,
      _meta: meta,
    });
  });
}

test('the places of params and _meta are exact to the byte, whatever stands around them', () => {
  const meta =
    '{ "io.modelcontextprotocol/protocolVersion" : "2026-07-28","io.modelcontextprotocol/clientCapabilities":{"x":[{}]} }';
  const params = `{ "x" : "€" ,"_meta"\t:\r\n${meta} , "y":[{"_meta":{}}] }`;
  const body = Buffer.from(` {"id" : "é" , "params" : ${params} , "method":"tools/list", "jsonrpc":"2.0" } \n`);
  const envelope = open(
    body,
    makeDraft('tools/list').headers.filter(([name]) => name !== 'Mcp-Name'),
  );
  assert.equal(body.toString('utf8', envelope.paramsStart, envelope.paramsEnd), params);
  assert.equal(body.toString('utf8', envelope.metaStart, envelope.metaEnd), meta);
});

test('members may come in any order, and members of params the protocol does not know are the server’s business', () => {
  const draft = makeDraft();
  draft.top.reverse();
  draft.params.reverse();
  draft.meta.reverse();
  draft.params.unshift(['vendor', '[1]'], ['__proto__', '{}'], ['constructor', 'null'], ['toString', '1']);
  draft.meta.unshift(['example.com/x', '1e400'], ['__proto__', '[]'], ['hasOwnProperty', 'true']);
  assert.equal(openDraft(draft).name, 'weather');
});

test('names of members may be escaped', () => {
  const body =
    '{"\\u006asonrpc":"2.\\u0030","\\u0069d":"\\u0061","meth\\u006fd":"tools\\/call","p\\u0061rams":{"\\u006eame":"we\\u0061ther",' +
    '"_met\\u0061":{"io.modelcontextprotocol\\/protocolVersion":"2026-07-2\\u0038","io.modelcontextprotocol/client\\u0043apabilities":{}}}}';
  const envelope = open(body, makeDraft().headers);
  assert.equal(envelope.name, 'weather');
  assert.equal(envelope.id, 'a');
  assert.equal(envelope.idLiteral, '"\\u0061"');
});

test('names of Object.prototype are ordinary names of tools and ordinary unknown methods', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const draft = makeDraft();
    replace(draft.params, 'name', JSON.stringify(name));
    replace(draft.headers, 'Mcp-Name', name);
    assert.equal(openDraft(draft).name, name);
    assert.equal(judgeDraft(makeDraft(name)), 'unknown_method: not_served');
  }
});

const anyName = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ maxLength: 30 }),
    fc.constantFrom('=?base64?Zm9v?=', ' padded ', '', 'a, b', '=?base64??=', '"', '\\'),
  )
  .filter((name) => !name.includes('\0'));
const named = fc.constantFrom(
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
);

/** Written anew from SEP-2243, not taken from the gateway: plain where that is safe, or always Base64. */
function toHeader(name: string, alwaysEncoded: boolean): string {
  const isSafe = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/.test(name) && !name.startsWith('=?base64?');
  return isSafe && !alwaysEncoded ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
}

const honest = fc.record({
  method: named,
  name: anyName,
  id: fc.oneof(fc.maxSafeInteger(), anyName),
  encoded: fc.boolean(),
});

function toRequest({
  method,
  name,
  id,
  encoded,
}: {
  method: string;
  name: string;
  id: string | number;
  encoded: boolean;
}) {
  const draft = makeDraft(method);
  const mirrored = method === 'resources/read' ? 'uri' : method.startsWith('tasks/') ? 'taskId' : 'name';
  replace(draft.params, mirrored, JSON.stringify(name));
  replace(draft.top, 'id', JSON.stringify(id));
  replace(draft.headers, 'Mcp-Name', toHeader(name, encoded));
  return draft;
}

test('every honest request is accepted and its name read right', () => {
  fc.assert(
    fc.property(honest, (request) => {
      const envelope = openDraft(toRequest(request));
      assert.equal(envelope.name, request.name);
      assert.equal(envelope.id, request.id);
      assert.equal(envelope.idLiteral, JSON.stringify(request.id));
    }),
    { numRuns: 1000 },
  );
});

test('an honest request with any one mirrored header changed, repeated or left out is a mismatch', () => {
  const change = fc.record({ header: fc.nat(2), how: fc.constantFrom('change', 'repeat', 'drop'), other: anyName });
  fc.assert(
    fc.property(honest, change, (request, { header, how, other }) => {
      const draft = toRequest(request);
      const line = draft.headers[header] as [string, string];
      const present = header === 2 ? request.name : line[1];
      fc.pre(how !== 'change' || other !== present);
      if (how === 'change') line[1] = toHeader(other, header === 2 && request.encoded);
      if (how === 'repeat') draft.headers.push([line[0].toLowerCase(), line[1]]);
      if (how === 'drop') draft.headers.splice(header, 1);
      assert.match(judge(toBody(draft), draft.headers), /^header_mismatch: /);
    }),
    { numRuns: 2000 },
  );
});
