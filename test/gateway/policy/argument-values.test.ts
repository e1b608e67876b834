// Arguments as conditions see them: numbers exactly or not at all, own members only, nothing read before it is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readArgumentValues, toNumber } from '../../../gateway/policy/argument-values.ts';
import { Failure, isList, isMap, type Outcome } from '../../../gateway/policy/cel/value.ts';

test('a number is an int, a double, or cannot be used', () => {
  const rows: readonly (readonly [literal: string, value: bigint | number | 'unreadable'])[] = [
    ['0', 0n],
    ['-0', 0n],
    ['5', 5n],
    ['-17', -17n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['-9223372036854775809', 'unreadable'],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', 'unreadable'],
    ['100000000000000000000000', 'unreadable'],
    ['1.0', 1],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['-2.50', -2.5],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['0.300000000000000040', 0.30000000000000004],
    ['0.300000000000000044', 'unreadable'],
    ['9007199254740993.0', 'unreadable'],
    ['9007199254740992.0', 9007199254740992],
    ['9007199254740993e0', 'unreadable'],
    ['1e22', 1e22],
    ['1e400', 'unreadable'],
    ['-1e400', 'unreadable'],
    ['1e-400', 'unreadable'],
    ['0e400', 0],
    ['0.0', 0],
    ['5e-324', 5e-324],
    ['4.9e-324', 'unreadable'],
    ['1e99999999999999999999', 'unreadable'],
    ['0e99999999999999999999', 0],
  ];
  for (const [literal, value] of rows) {
    const read = toNumber(literal);
    assert.equal(read instanceof Failure ? 'unreadable' : read, value, literal);
  }
});

test('every double survives the way it is written', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      for (const literal of [value.toExponential(), `${value}0`.includes('e') ? `${value}` : value.toString()]) {
        const read = toNumber(literal);
        assert.ok(
          typeof read === 'bigint' ? Number(read) === value : read === value || !Number.isSafeInteger(value),
          literal,
        );
      }
    }),
  );
});

/** As `JSON.parse` gives it, where no number is out of its range. */
function toPlain(value: Outcome): unknown {
  assert.ok(!(value instanceof Failure));
  if (typeof value === 'bigint') return Number(value);
  if (isList(value)) return (value.items() as readonly Outcome[]).map(toPlain);
  if (!isMap(value)) return value;
  const names = value.names() as readonly string[];
  return Object.fromEntries(names.map((name) => [name, toPlain(value.get(name) as Outcome)]));
}

const isOutOfRange = (value: unknown): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

test('any arguments are read as JSON.parse reads them', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.constantFrom(undefined, 1),
      (args, indent) => {
        const json = JSON.stringify(args, (_, value: unknown) => (isOutOfRange(value) ? 1 : value), indent);
        const plain = toPlain(readArgumentValues(Buffer.from(json)));
        assert.deepEqual(JSON.parse(JSON.stringify(plain)), JSON.parse(json));
      },
    ),
  );
});

test('members of prototypes are members only when they were sent', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'kind', 'end', 'get', 'items'];
  const none = readArgumentValues(Buffer.from('{"inner":{}}'));
  for (const name of names) {
    assert.equal(none.get(name), undefined, name);
    assert.equal((none.get('inner') as typeof none).get(name), undefined, name);
    const some = readArgumentValues(Buffer.from(`{"${name}":7,"\\u0061":8}`));
    assert.equal(some.get(name), 7n, name);
    assert.equal(some.get('a'), 8n);
  }
});

test('an unreadable number spoils nothing beside it', () => {
  const values = readArgumentValues(Buffer.from('{"a":1e400,"b":2,"c":[1e400,3]}'));
  assert.ok(values.get('a') instanceof Failure);
  assert.equal(values.get('b'), 2n);
  assert.deepEqual(values.names(), ['a', 'b', 'c']);
  const list = values.get('c') as Outcome;
  assert.ok(isList(list));
  assert.equal((list.items() as readonly Outcome[])[1], 3n);
});

const makeList = (count: number): string => `{"l":[${Array.from({ length: count }, () => '"x\\n"').join()}],"n":1}`;

test('a list beyond all bounds cannot be looked at, and what stands beside it can', () => {
  for (const [count, isReadable] of [
    [10_000, true],
    [10_001, false],
  ] as const) {
    const values = readArgumentValues(Buffer.from(makeList(count)));
    const list = values.get('l') as Outcome;
    assert.ok(isList(list));
    assert.equal(!(list.items() instanceof Failure), isReadable);
    assert.equal(values.get('n'), 1n);
  }
});

test('levels that each hold a megabyte are not walked one after the other', () => {
  const inner = `[${'1,'.repeat(2 ** 19)}1]`;
  let value: Outcome = readArgumentValues(Buffer.from(`${'{"d":'.repeat(50)}${inner}${'}'.repeat(50)}`));
  let depth = 0;
  while (isMap(value)) {
    value = value.get('d') as Outcome;
    depth++;
  }
  assert.ok(value instanceof Failure);
  assert.ok(depth < 6);
});
