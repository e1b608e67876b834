// The few arguments that are written down.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type AuditedArgument, makeArgumentPicker } from '../../../../gateway/observe/audit/pick-arguments.ts';
import { makeEnvelope } from '../make-record.ts';

function pick(audited: readonly AuditedArgument[], params: string, name = 'pay', method = 'tools/call') {
  const body = Buffer.from(`{"params": ${params}}`);
  const envelope = { ...makeEnvelope(method, name), paramsStart: body.indexOf(params), paramsEnd: body.length - 1 };
  return makeArgumentPicker(audited)?.(envelope, body);
}

const value = (pointer: string): AuditedArgument => ({ tool: 'pay*', pointer, as: 'value' });

test('nothing configured, nothing looked for', () => {
  assert.equal(makeArgumentPicker([]), undefined);
});

const CASES: readonly (readonly [params: string, pointer: string, as: string | undefined, value?: string])[] = [
  ['{"arguments":{"to":"bob"}}', '/to', 'text', 'bob'],
  ['{"arguments": {"to" : "b\\u006fb"}}', '/to', 'text', 'bob'],
  ['{"arguments":{"amount":1e400}}', '/amount', 'json', '1e400'],
  ['{"arguments":{"amount":"5"}}', '/amount', 'text', '5'],
  ['{"arguments":{"amount":5}}', '/amount', 'json', '5'],
  ['{"arguments":{"a":{"b/c":{"~":[1, {"d":null}]}}}}', '/a/b~1c/~0/1/d', 'json', 'null'],
  ['{"arguments":{"a":[1,2]}}', '/a', 'json', '[1,2]'],
  ['{"arguments":{"a":[1,2]}}', '/a/2', undefined],
  ['{"arguments":{"a":[1,2]}}', '/a/01', undefined],
  ['{"arguments":{"a":[1,2]}}', '/a/-', undefined],
  ['{"arguments":{"a":[]}}', '/a/0', undefined],
  ['{"arguments":{"a":"[1]"}}', '/a/0', undefined],
  ['{"arguments":{}}', '/to', undefined],
  ['{"arguments":{}}', '/__proto__/to', undefined],
  ['{}', '/to', undefined],
  [`{"arguments":{"to":"${'x'.repeat(300)}"}}`, '/to', 'text', `${'x'.repeat(200)}...(+100)`],
];

test('a pointer finds its value as it stands in the body, or nothing', () => {
  for (const [params, pointer, as, told] of CASES) {
    const expected = as === undefined ? undefined : [{ pointer, as, value: told }];
    assert.deepEqual(pick([value(pointer)], params), expected, params);
  }
});

test('a digest is that of the value, however it was escaped', () => {
  const digest: AuditedArgument = { tool: '*', pointer: '/to', as: 'digest' };
  const ofBob = [{ pointer: '/to', as: 'sha256', value: hash('sha256', '"bob"') }];
  assert.deepEqual(pick([digest], '{"arguments":{"to":"bob"}}'), ofBob);
  assert.deepEqual(pick([digest], '{"arguments":{"to":"\\u0062ob"}}'), ofBob);
  assert.deepEqual(pick([digest], '{"arguments":{"to":17}}'), [
    { pointer: '/to', as: 'sha256', value: hash('sha256', '17') },
  ]);
});

test('other tools and other methods keep theirs to themselves', () => {
  const params = '{"arguments":{"to":"bob"}}';
  assert.equal(pick([value('/to')], params, 'look'), undefined);
  assert.equal(pick([value('/to')], params, 'pay', 'prompts/get'), undefined);
  assert.equal(pick([value('/to')], params, 'pay_all')?.length, 1);
});
