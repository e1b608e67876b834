// What a request wants to touch is read from its body, for every method there is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METHODS } from '../../../gateway/mcp/methods.ts';
import { readTarget, type Target } from '../../../gateway/mcp/read-target.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { type Draft, makeDraft, openDraft, replace, toBody } from './make-request.ts';

const read = (draft: Draft): Target => readTarget(openDraft(draft), toBody(draft));

function readParam(method: string, param: string, literal: string): Target | string {
  const draft = makeDraft(method);
  replace(draft.params, param, literal);
  try {
    return read(draft);
  } catch (error) {
    if (error instanceof Refusal) return `${error.kind}: ${error.detail.reason}`;
    throw error;
  }
}

const ALL = ['tool', 'prompt', 'resource'] as const;

test('every method touches something', () => {
  const touched = [...METHODS.keys()].map((method) => [method, read(makeDraft(method))]);
  assert.deepEqual(Object.fromEntries(touched), {
    'server/discover': { touches: 'lists', kinds: ALL },
    'tools/list': { touches: 'lists', kinds: ['tool'] },
    'tools/call': { touches: 'names', kind: 'tool', names: ['weather'] },
    'resources/list': { touches: 'lists', kinds: ['resource'] },
    'resources/templates/list': { touches: 'lists', kinds: ['resource'] },
    'resources/read': { touches: 'names', kind: 'resource', names: ['file:///a b'] },
    'prompts/list': { touches: 'lists', kinds: ['prompt'] },
    'prompts/get': { touches: 'names', kind: 'prompt', names: ['greet'] },
    'completion/complete': { touches: 'names', kind: 'prompt', names: ['greet'] },
    'subscriptions/listen': { touches: 'lists', kinds: ALL },
    'tasks/get': { touches: 'task' },
    'tasks/update': { touches: 'task' },
    'tasks/cancel': { touches: 'task' },
  });
});

test('a method that nobody said what it touches is refused', () => {
  const draft = makeDraft('tools/list');
  const envelope = openDraft(draft);
  const stranger = { ...envelope, method: { ...envelope.method, name: 'tools/burn' } };
  assert.throws(() => readTarget(stranger, toBody(draft)), { kind: 'unknown_method' });
});

test('a completion touches what its ref names, and a ref that could name two things is refused', () => {
  const refs: readonly (readonly [ref: string, outcome: Target | string])[] = [
    ['{"name":"gr\\u0065et","type":"ref/prompt"}', { touches: 'names', kind: 'prompt', names: ['greet'] }],
    ['{"type":"ref/prompt","name":"a","title":"b"}', { touches: 'names', kind: 'prompt', names: ['a'] }],
    ['{"t\\u0079pe":"ref/prompt","n\\u0061me":"a"}', { touches: 'names', kind: 'prompt', names: ['a'] }],
    [
      '{"type":"ref/resource","uri":"weather://stations/{id}"}',
      { touches: 'names', kind: 'template', names: ['weather://stations/{id}'] },
    ],
    ['{"type":"ref/prompt","name":"a","uri":"x://y"}', 'bad_params: ref'],
    ['{"type":"ref/resource","uri":"x://y","name":"a"}', 'bad_params: ref'],
    ['{"type":"ref/resource","name":"a"}', 'bad_params: ref'],
    ['{"type":"ref/prompt","uri":"x://y"}', 'bad_params: ref'],
    ['{"type":"ref/tool","name":"a"}', 'bad_params: ref'],
    ['{"type":"ref/prompt "," name":"a"}', 'bad_params: ref'],
    ['{"name":"a"}', 'bad_params: ref'],
    ['{}', 'bad_params: ref'],
    ['{"type":"ref/prompt","name":"a\\u0000b"}', 'bad_params: ref'],
    ['{"type":"ref/prompt","name":["a"]}', 'bad_params: field_type'],
    ['{"type":"ref/prompt","name":null}', 'bad_params: field_type'],
    ['{"type":["ref/prompt"],"name":"a"}', 'bad_params: field_type'],
    ['{"type":"ref/prompt","name":{"name":"a"}}', 'bad_params: field_type'],
    ['{"inner":{"type":"ref/prompt","name":"a"}}', 'bad_params: ref'],
  ];
  for (const [ref, outcome] of refs) assert.deepEqual(readParam('completion/complete', 'ref', ref), outcome, ref);
});

test('a ref among the arguments is not the ref', () => {
  const draft = makeDraft('completion/complete');
  draft.params.unshift(['context', '{"arguments":{"ref":"x"}}'], ['other', '{"ref":{"type":"ref/prompt"}}']);
  assert.deepEqual(read(draft), { touches: 'names', kind: 'prompt', names: ['greet'] });
});

test('listening touches lists, whatever it asks for: what it may not hear is cut', () => {
  const filter = '{"resourceSubscriptions":["x://a"],"taskIds":["t"]}';
  assert.deepEqual(readParam('subscriptions/listen', 'notifications', filter), { touches: 'lists', kinds: ALL });
});
