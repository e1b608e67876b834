// Sealing changes what it seals and not a byte more, whatever else an answer holds, however it is written and wherever a network cuts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { AnswerEditor } from '../../../gateway/response/answer-editor.ts';
import { chainEditors } from '../../../gateway/response/chain-editors.ts';
import { makeHandleEditor } from '../../../gateway/response/handle-editor.ts';
import { makeRoundEditor } from '../../../gateway/response/round-editor.ts';
import { compilePointer, followPointer } from '../../../gateway/sealing/json-pointer.ts';
import { makeStateSealer } from '../../../gateway/sealing/state.ts';
import { makeTaskSealer } from '../../../gateway/sealing/task.ts';
import { cuts } from '../../gateway/mcp/cut-bytes.ts';
import { editJson, editStream, toEvent } from '../../gateway/response/edit-answer.ts';
import { makeAsking, makeTestSeals } from '../../gateway/sealing/sealing-under-test.ts';

const SETTINGS = { ttlMs: 60_000, bindArguments: true, singleUse: false, maxResponsesBytes: 1000 };
const POINTER = compilePointer('/structuredContent/basketId');

/** The editors of a tool call, and what they put in place of which literal. */
function makeEditors(): { readonly editor: AnswerEditor; readonly sealed: Map<string, string> } {
  const seals = makeTestSeals();
  const asking = makeAsking();
  const sealed = new Map<string, string>();
  const state = makeStateSealer(asking, { seals, settings: SETTINGS }, 'fleet');
  const origin = { seals, longestLifeMs: 1000, upstream: 'fleet', instance: '0', tool: 'weather' };
  const task = makeTaskSealer(asking, origin);
  const note = (literal: Buffer, seal: string | undefined): string | undefined => {
    if (seal !== undefined) sealed.set(seal, literal.toString());
    return seal;
  };
  const round = makeRoundEditor(() => ({
    mayAsk: true,
    canAnswer: () => true,
    mayBecomeTask: true,
    mayBeOther: false,
    sealState: (literal) => note(literal, state.seal(literal)),
    sealTask: (literal, { ttlMs }) => note(literal, task.seal(literal, ttlMs)),
  }));
  const handles = makeHandleEditor(
    [
      {
        find: (message, result) => followPointer(message, result, POINTER),
        seal: (literal) => note(literal, state.seal(literal)),
      },
    ],
    'answer',
  );
  return { editor: chainEditors([round, handles]) as AnswerEditor, sealed };
}

const blank = fc.constantFrom('', '', ' ', '\n', '\t ', '\r\n');
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((one) => JSON.stringify(one));
const secret = fc.oneof(
  text,
  fc.constantFrom('"\\u0061\\/b"', '"state-1"', '"a.b.c"', '"😀"', '"\\ud83d\\ude00"', '""'),
);
const literal = fc.oneof(
  text,
  fc.constantFrom(
    '1e400',
    '-0',
    '9007199254740993',
    '1.0',
    'true',
    'null',
    '[]',
    '{}',
    '"\\u0000"',
    '"input_required"',
  ),
  fc.constantFrom('[ 1 ,2, {"requestState" : "inner", "taskId":"inner"} ]', '{"a":{"result":{"basketId":"inner"}}}'),
);
const others = fc.uniqueArray(fc.tuple(fc.stringMatching(/^x[a-z0-9]{0,6}$/), literal), {
  maxLength: 6,
  selector: ([name]) => name,
});

type Member = readonly [name: string, literal: string];
const kept = (members: readonly Member[]): fc.Arbitrary<readonly Member[]> => fc.constant(members);
const sealedMembers = fc.oneof(
  secret.map((state): readonly Member[] => [
    ['resultType', '"input_required"'],
    ['requestState', state],
  ]),
  secret.map((id): readonly Member[] => [
    ['resultType', '"task"'],
    ['taskId', id],
    ['status', '"working"'],
    ['ttlMs', '1000'],
  ]),
  fc.tuple(fc.oneof(secret, fc.constantFrom('17', '1e2', '{"a" : 1}')), others).map(([id, more]): readonly Member[] => [
    ['resultType', '"complete"'],
    ['structuredContent', `{${[...more, ['basketId', id] as const].map(([n, v]) => `"${n}": ${v}`).join(' ,')} }`],
  ]),
);

/** A response, its result's members in any order and with blanks anywhere. */
const answer = (members: fc.Arbitrary<readonly Member[]>): fc.Arbitrary<string> =>
  fc.tuple(members, others, blank, blank, blank).chain(([own, more, a, b, c]) =>
    fc
      .shuffledSubarray([...own, ...more], { minLength: own.length + more.length })
      .map((all) => all.map(([name, value]) => `${a}"${name}"${b}:${c}${value}${a}`).join(','))
      .map((result) => `{"jsonrpc":"2.0",${b}"id":1${c},"result":{${result}}${a}}`),
  );

/** Puts back what was sealed. */
function unseal(edited: string, sealed: ReadonlyMap<string, string>): string {
  let out = edited;
  for (const [seal, original] of sealed) out = out.split(`"${seal}"`).join(original);
  return out;
}

test('an answer with something to seal keeps every other byte, in JSON and in events', () => {
  fc.assert(
    fc.property(answer(sealedMembers), cuts, (body, at) => {
      for (const [edit, input] of [
        [editJson, body],
        [editStream, `: alive\n\nid: 7\nevent: message\n${toEvent(body)}`],
      ] as const) {
        const { editor, sealed } = makeEditors();
        const edited = edit(editor, input, at);
        assert.equal(edited.fault, undefined, body);
        assert.equal(sealed.size, 1, body);
        assert.notEqual(edited.text, input);
        assert.equal(unseal(edited.text, sealed), input);
      }
    }),
    { numRuns: 500 },
  );
});

test('an answer with nothing to seal is passed on as it came, in JSON and in events', () => {
  const complete = kept([['resultType', '"complete"']]);
  fc.assert(
    fc.property(answer(complete), cuts, (body, at) => {
      const { editor, sealed } = makeEditors();
      assert.deepEqual([editJson(editor, body, at).text, sealed.size], [body, 0]);
      const events = `retry: 5\n${toEvent(body)}`;
      assert.deepEqual([editStream(editor, events, at).text, sealed.size], [events, 0]);
    }),
    { numRuns: 300 },
  );
});

test('events cut at each single place are sealed alike', () => {
  const body = '{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"ü\\u0061"}}';
  const events = `event: message\ndata: ${body}\n\n`;
  const length = Buffer.byteLength(events);
  for (let at = 0; at <= length; at++) {
    const { editor, sealed } = makeEditors();
    const { text: edited } = editStream(editor, events, [at]);
    assert.equal(unseal(edited, sealed), events);
    assert.deepEqual([...sealed.values()], ['"ü\\u0061"']);
  }
});

test('a value that is sealed is sealed in texts by the same seal, and long answers are too', () => {
  const padding = JSON.stringify('x'.repeat(300 * 1024));
  const body = `{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"use b-1000, not b-10000"}],"structuredContent":{"basketId":"b-1000"},"x":${padding}}}`;
  const { editor, sealed } = makeEditors();
  const { text: edited, fault } = editJson(editor, body, [1000, 100_000, 290_000]);
  assert.equal(fault, undefined);
  const [seal = ''] = sealed.keys();
  assert.equal(edited, body.replace('use b-1000,', `use ${seal},`).replace('"b-1000"', `"${seal}"`));
});
