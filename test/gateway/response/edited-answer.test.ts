// An answer with an editor: what is changed, left out or refused, and that nothing forbidden gets past it, whatever its size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerEditor } from '../../../gateway/response/answer-editor.ts';
import { makeAnswerRelay } from '../../../gateway/response/answer-relay.ts';
import { chainEditors } from '../../../gateway/response/chain-editors.ts';
import { editJson, editStream, toEvent } from './edit-answer.ts';
import { FakeReply, makeRouted } from './fake-reply.ts';

type Edit = AnswerEditor['edit'];

const makeEditor = (edit: Edit, needsWhole = false): AnswerEditor => ({ needsWhole, edit });
const KEEP: Edit = (message) => message;
const replace: Edit = (message) => Buffer.from(message.toString().replace('old', 'new'));

const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"text":"old"}}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/old"}';
const ERROR = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"old"}}';
const makeLarge = (members: string, size: number): string =>
  `{"jsonrpc":"2.0","id":1,"result":{${members}"text":"${'x'.repeat(size)}"}}`;

test('a message is told for what it is, and changed', () => {
  const seen: string[] = [];
  const editor = makeEditor((message, kind) => {
    seen.push(kind);
    return replace(message, kind);
  });
  assert.equal(editJson(editor, RESULT).text, RESULT.replace('old', 'new'));
  assert.equal(editJson(editor, ERROR, [], 404).text, ERROR.replace('old', 'new'));
  const stream = editStream(editor, toEvent(NOTE) + toEvent(ERROR));
  assert.equal(stream.text, toEvent(NOTE.replace('old', 'new')) + toEvent(ERROR.replace('old', 'new')));
  assert.deepEqual(seen, ['result', 'error', 'notification', 'error']);
});

test('a message that is broken is never shown to an editor', () => {
  const editor = makeEditor(() => assert.fail('it was asked'));
  for (const text of [
    RESULT.slice(0, -1),
    RESULT.replace('1', '2'),
    '[]',
    RESULT.replace('"text"', '"text":1,"text"'),
  ]) {
    assert.equal(editJson(editor, text).fault, 'malformed');
    assert.equal(editStream(editor, toEvent(text)).fault, 'malformed');
  }
});

test('a notification can be left out, what answers the request cannot', () => {
  const editor = makeEditor(() => undefined);
  assert.deepEqual(editStream(editor, toEvent(NOTE)), { fault: 'cut', text: '', calls: [] });
  assert.deepEqual(editStream(editor, toEvent(NOTE) + toEvent(RESULT)), { fault: 'malformed', text: '', calls: [] });
  assert.deepEqual(editJson(editor, RESULT), { fault: 'malformed', text: '', calls: [] });
});

test('a fault of an editor leaves the answer unbegun, or cuts the one that has begun', () => {
  const editor = makeEditor((message, kind) => (kind === 'notification' ? message : 'oversized'));
  assert.deepEqual(editJson(editor, RESULT), { fault: 'oversized', text: '', calls: [] });
  assert.deepEqual(editStream(editor, toEvent(RESULT)), { fault: 'oversized', text: '', calls: [] });
  const begun = editStream(editor, toEvent(NOTE) + toEvent(RESULT), [toEvent(NOTE).length]);
  assert.equal(begun.fault, 'oversized');
  assert.equal(begun.text, toEvent(NOTE));
  assert.equal(begun.calls.includes('end'), false);
});

test('an event that is left out writes nothing, so nothing waits for it to be taken', () => {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(
    makeRouted(),
    reply,
    makeEditor((message) => (message.includes('old') ? undefined : message)),
  );
  relay.start(200, { 'content-type': 'text/event-stream' });
  reply.isSlow = true;
  relay.push(Buffer.from(toEvent(NOTE.replace('old', 'x'))));
  assert.equal(relay.isFull, true);
  relay.push(Buffer.from(toEvent(NOTE)));
  assert.equal(relay.isFull, false);
});

test('an unchanged event passes its very bytes', () => {
  const stream = `event:message\r\nid\r\ndata:${NOTE}\r\n\r\n: c\r\ndata:  ${RESULT.replace(',', ',\r\ndata:')}\r\n\r\n`;
  assert.equal(editStream(makeEditor(KEEP), stream).text, stream);
});

test('an editor that needs answers whole gets them up to 16 MiB, and no part of a larger one is sent', () => {
  const size = 16 * 1024 * 1024;
  const fitting = makeLarge('"old":1,', size - makeLarge('"old":1,', 0).length);
  const places = [1_000_000, 9_000_000];
  const { text, calls } = editJson(makeEditor(replace, true), fitting, places);
  assert.ok(text === fitting.replace('old', 'new'));
  assert.deepEqual(calls, ['send 200']);
  assert.deepEqual(editJson(makeEditor(replace, true), `${fitting} `, places), {
    fault: 'oversized',
    text: '',
    calls: [],
  });
});

test('without that need a long complete answer streams by unedited', () => {
  const editor = makeEditor(() => assert.fail('it was asked'));
  for (const members of ['', '"resultType":"complete",', '"_meta":{"resultType":"task"},']) {
    const body = makeLarge(members, 600_000);
    const { text, calls } = editJson(editor, body, [100_000, 200_000, 300_000, 400_000]);
    assert.ok(text === body);
    assert.equal(calls.at(-1), 'end');
  }
});

test('a long answer that is not complete is refused before it begins, or cut where that turns out', () => {
  const editor = makeEditor(KEEP);
  const early = makeLarge('"resultType":"input_required","requestState":"s",', 600_000);
  assert.deepEqual(editJson(editor, early, [300_000]), { fault: 'malformed', text: '', calls: [] });
  const late = makeLarge('', 600_000).replace('}}', ',"resultType":"input_required","requestState":"s"}}');
  const cut = editJson(editor, late, [300_000, 500_000]);
  assert.equal(cut.fault, 'malformed');
  assert.equal(cut.text.includes('requestState'), false);
  assert.equal(cut.calls.includes('end'), false);
});

test('without an editor a long answer may be of any type', () => {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(makeRouted(), reply);
  relay.start(200, { 'content-type': 'application/json' });
  const body = makeLarge('"resultType":"input_required",', 600_000);
  assert.equal(relay.push(Buffer.from(body)) ?? relay.finish(), undefined);
  assert.ok(reply.text === body);
});

test('an error beyond what is gathered stays a fault with any editor', () => {
  const error = `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"${'x'.repeat(600_000)}"}}`;
  for (const needsWhole of [true, false])
    assert.equal(editJson(makeEditor(KEEP, needsWhole), error, [300_000], 400).fault, 'oversized');
});

test('the end of a listening stream is the gateway’s own and is not edited', () => {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(
    makeRouted(),
    reply,
    makeEditor(() => assert.fail('it was asked')),
  );
  relay.start(200, { 'content-type': 'text/event-stream' });
  relay.conclude();
  assert.deepEqual(reply.calls, ['begin 200', 'write', 'end']);
});

const append =
  (letter: string): Edit =>
  (message) =>
    Buffer.concat([message, Buffer.from(letter)]);
const edited = (editor: AnswerEditor | undefined, kind: 'result' | 'notification' = 'result') =>
  String(editor?.edit(Buffer.from('-'), kind));

test('editors in a chain see what those before them made, in order', () => {
  const chain = chainEditors([
    makeEditor(append('a')),
    undefined,
    makeEditor(append('b'), true),
    makeEditor(append('c')),
  ]);
  assert.equal(edited(chain), '-abc');
  assert.equal(chain?.needsWhole, true);
  assert.equal(chainEditors([makeEditor(append('a')), makeEditor(append('b'))])?.needsWhole, false);
});

test('what one leaves out or refuses, those behind it never see', () => {
  const never = makeEditor(() => assert.fail('it was asked'));
  assert.equal(
    edited(chainEditors([makeEditor(append('a')), makeEditor(() => undefined), never]), 'notification'),
    'undefined',
  );
  assert.equal(edited(chainEditors([makeEditor(() => 'malformed'), never])), 'malformed');
});

test('a chain of nothing is no editor, and a chain of one is that one', () => {
  const one = makeEditor(KEEP);
  assert.equal(chainEditors([]), undefined);
  assert.equal(chainEditors([undefined, undefined]), undefined);
  assert.equal(chainEditors([undefined, one]), one);
});

test('a message that a chain does not change is the very buffer that came', () => {
  const message = Buffer.from(RESULT);
  assert.equal(chainEditors([makeEditor(KEEP), makeEditor(KEEP)])?.edit(message, 'result'), message);
});
