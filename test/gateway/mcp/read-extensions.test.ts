// The extensions a client declares, as they are read from its capabilities.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { judgeDraft, makeDraft, openDraft, replace, toBody } from './make-request.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const TASKS = 'io.modelcontextprotocol/tasks';

/** An honest call with these capabilities, written as they stand. */
function withCapabilities(literal: string) {
  const draft = makeDraft();
  replace(draft.meta, CAPABILITIES, literal);
  return draft;
}

const judge = (literal: string): string => judgeDraft(withCapabilities(literal));
const read = (literal: string): readonly string[] =>
  openDraft(withCapabilities(literal)).extensions.map(({ name }) => name);

test('none are declared by an empty object, by other capabilities, or by an empty list of them', () => {
  for (const literal of ['{}', '{ }', '{"sampling":{}}', '{"extensions":{}}', '{"roots":{"extensions":{"a":{}}}}']) {
    assert.deepEqual(read(literal), [], literal);
  }
});

test('those that are declared are found wherever they stand, in order', () => {
  assert.deepEqual(read(`{"sampling":{},"extensions":{"${TASKS}":{},"com.example/x":{"a":[1]}},"roots":{}}`), [
    TASKS,
    'com.example/x',
  ]);
});

test('an escaped name is the same name', () => {
  assert.deepEqual(read(String.raw`{"\u0065xtensions":{"io.modelcontextprotocol\/t\u0061sks":{}}}`), [TASKS]);
});

test('each stands where it says, from its name to the end of its value', () => {
  const draft = withCapabilities(`{"extensions": { "a" : {} ,"${TASKS}": {"x": "}"} }}`);
  const body = toBody(draft);
  const found = openDraft(draft).extensions.map(({ start, end }) => body.toString('utf8', start, end));
  assert.deepEqual(found, ['"a" : {}', `"${TASKS}": {"x": "}"}`]);
});

test('a name that another reader would take for a capability is refused', () => {
  for (const name of ['Extensions', 'EXTENSIONS', 'extenſions', 'Sampling', 'elicitatIon', 'rOots', 'Experimental']) {
    assert.equal(judge(`{${JSON.stringify(name)}:{}}`), 'not_a_request: lookalike', name);
  }
});

test('extensions that are no object are refused', () => {
  for (const literal of ['[]', 'null', 'true', '1', '"x"', `["${TASKS}"]`]) {
    assert.equal(judge(`{"extensions":${literal}}`), 'bad_params: extensions', literal);
  }
});

test('extensions that are said twice are refused', () => {
  assert.match(judge(`{"extensions":{},"extensions":{"${TASKS}":{}}}`), /^not_a_request/);
  assert.match(judge(`{"extensions":{"${TASKS}":{},"${TASKS}":{}}}`), /^not_a_request/);
  assert.match(judge(String.raw`{"extensions":{},"\u0065xtensions":{}}`), /^not_a_request/);
});

const many = (count: number): string => Array.from({ length: count }, (_, i) => `"x${i}":{}`).join(',');

test('no client declares hundreds of them', () => {
  assert.equal(read(`{"extensions":{${many(256)}}}`).length, 256);
  assert.equal(judge(`{"extensions":{${many(257)}}}`), 'not_a_request: members');
  assert.equal(judge(`{${many(257)}}`), 'not_a_request: members');
});

test('whatever is declared is found as JSON.parse finds it', () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(names, fc.jsonValue(), (declared, value) => {
      const extensions = Object.fromEntries(declared.map((name) => [`x/${name}`, value]));
      const literal = JSON.stringify({ sampling: {}, extensions });
      if (judge(literal) !== 'accepted') return;
      assert.deepEqual(read(literal), Object.keys((JSON.parse(literal) as { extensions: object }).extensions));
    }),
    { numRuns: 50 },
  );
});
