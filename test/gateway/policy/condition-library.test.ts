// Random conditions: our steps and the evaluator of the library whose parser we use come to the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '@marcbachmann/cel-js';
import * as fc from 'fast-check';
import { compileCondition } from '../../../gateway/policy/condition.ts';
import { makeFacts } from './make-rules.ts';

const LIBRARY = new Environment({ homogeneousAggregateLiterals: false }).registerVariable('args', 'map<string, dyn>');

const { bool } = fc.letrec<Record<'bool' | 'int' | 'text' | 'list', string>>((tie) => {
  const both = (type: 'int' | 'text' | 'bool', ops: readonly string[]): fc.Arbitrary<string> =>
    fc.tuple(tie(type), fc.constantFrom(...ops), tie(type)).map(([a, op, b]) => `(${a} ${op} ${b})`);
  const loop = (names: readonly string[], body: 'bool' | 'int'): fc.Arbitrary<string> =>
    fc
      .tuple(tie('list'), fc.constantFrom(...names), fc.nat(99), tie(body))
      .map(
        ([over, name, at, step]) =>
          `${over}.${name}(v${at}, (v${at} > 1 || ${step.replaceAll('args.n', `v${at}`)}) ${body === 'int' ? '== true' : ''})`,
      );
  return {
    bool: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('true', 'false', 'args.b', 'has(args.n)', 'has(args.missing)', 'args.missing', '"n" in args'),
      both('int', ['==', '!=', '<', '<=', '>', '>=']),
      both('text', ['==', '!=', '<', '>=']),
      both('bool', ['&&', '||', '==', '&&', '||']),
      fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      tie('bool').map((a) => `!${a}`),
      fc.tuple(tie('int'), tie('list')).map(([a, list]) => `(${a} in ${list})`),
      fc
        .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
        .map(([a, name, b]) => `${a}.${name}(${b})`),
      loop(['all', 'exists', 'exists_one'], 'bool'),
    ),
    int: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        '0',
        '1',
        '2',
        '-3',
        '9223372036854775807',
        'args.n',
        'args.m',
        'args.l[1]',
        'args.l[7]',
        'args.missing',
      ),
      both('int', ['+', '-', '*', '/', '%']),
      tie('text').map((a) => `${a}.size()`),
      tie('list').map((a) => `size(${a})`),
    ),
    text: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('"a"', '"ab"', '""', 'args.s', 'args.t', 'args.missing'),
      both('text', ['+']),
      tie('int').map((a) => `string(${a})`),
    ),
    list: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('args.l', '[1, 2]', '[args.n, 1]', 'args.l.filter(w, w > 1)', 'args.l.map(w, w + 1)'),
    ),
  };
});

/** As the library takes them: an `int` is a bigint. */
const ARGS = { n: 2, m: -1, b: true, s: 'ab', t: 'b', l: [1, 2, 3] };
const THEIRS = {
  args: new Map<string, unknown>([
    ['n', 2n],
    ['m', -1n],
    ['b', true],
    ['s', 'ab'],
    ['t', 'b'],
    ['l', [1n, 2n, 3n]],
  ]),
};

function askLibrary(text: string): boolean | 'failed' {
  try {
    const outcome: unknown = LIBRARY.parse(text)(THEIRS);
    return typeof outcome === 'boolean' ? outcome : 'failed';
  } catch {
    return 'failed';
  }
}

test('what a condition is agrees with the library', () => {
  const seen = new Map<boolean | 'failed', number>();
  fc.assert(
    fc.property(bool, (text) => {
      const compiled = compileCondition(text);
      if (!compiled.ok) return;
      const ours = compiled.condition.evaluate(makeFacts({ args: JSON.stringify(ARGS) }));
      seen.set(ours, (seen.get(ours) ?? 0) + 1);
      assert.equal(ours, askLibrary(text), text);
    }),
    { numRuns: 10_000 },
  );
  for (const outcome of [true, false, 'failed'] as const) assert.ok((seen.get(outcome) ?? 0) > 500, String(outcome));
});
