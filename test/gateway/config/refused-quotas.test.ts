// Quotas that are refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, LEAST, makeConfigDir } from './make-config-dir.ts';

const TASKS = 'extensions: { io.modelcontextprotocol/tasks: { to: { everyone: true } } }';

const RULES: readonly [string, string, RegExp][] = [
  ['nothing to limit', 'id: a, per: principal', /rules\[0\]: limits nothing: at least one of rate, concurrent, tasks/],
  ['nobody to count for', 'id: a, rate: 1/1s', /rules\[0\]\.per: is required: expected principal, client,/],
  ['no id', 'per: principal, rate: 1/1s', /rules\[0\]\.id: is required/],
  ['somebody else', 'id: a, per: user, rate: 1/1s', /\.per: expected principal, client, .* or claim:NAME, .*`user`$/],
  ['a claim without a name', 'id: a, per: "claim:", rate: 1/1s', /\.per: expected/],
  ['a claim with a gap', 'id: a, per: "claim:a..b", rate: 1/1s', /\.per: expected/],
  ['a rate without a time', 'id: a, per: principal, rate: 100', /\.rate: expected a rate such as 100\/1m: .*`100`$/],
  ['a rate without a count of time', 'id: a, per: principal, rate: 100/m', /\.rate: expected a rate/],
  ['a rate of none', 'id: a, per: principal, rate: 0/1m', /\.rate: expected a rate/],
  ['a rate in no time', 'id: a, per: principal, rate: 1/0s', /\.rate: expected a rate/],
  ['a rate beyond timers', 'id: a, per: principal, rate: 1/597h', /\.rate: expected a rate/],
  ['a rate with a fraction', 'id: a, per: principal, rate: 1.5/1s', /\.rate: expected a rate/],
  ['a rate without end', 'id: a, per: principal, rate: 1000000000/1s', /\.rate: expected a rate/],
  ['a burst alone', 'id: a, per: principal, concurrent: 1, burst: 2', /\.burst: needs `rate`, which it is a part of$/],
  ['a burst of none', 'id: a, per: principal, rate: 1/1s, burst: 0', /\.burst: expected a whole number from 1/],
  ['no requests at all', 'id: a, per: principal, concurrent: 0', /\.concurrent: expected a whole number from 1/],
  ['a method that is none', 'id: a, per: principal, rate: 1/1s, match: { methods: [tools/cal] }', /methods\[0\]: exp/],
  ['no methods', 'id: a, per: principal, rate: 1/1s, match: { methods: [] }', /methods: expected at least one method/],
  [
    'an endpoint that is none',
    'id: a, per: principal, rate: 1/1s, match: { endpoints: [/mpc] }',
    /match\.endpoints\[0\]: `\/mpc` fits no endpoint; expected one of \/mcp$/,
  ],
  [
    'tasks without limits',
    'id: a, per: principal, tasks: {}',
    /\.tasks: limits nothing: at least one of live, start is/,
  ],
  ['no live tasks', 'id: a, per: principal, tasks: { live: 0 }', /\.tasks\.live: expected a whole number from 1/],
  [
    'tasks of another method',
    'id: a, per: principal, match: { methods: [tools/list] }, tasks: { live: 1 }',
    /\.tasks: limits nothing: tasks begin with tools\/call, which `match\.methods` leaves out$/,
  ],
  ['an unknown issuer', 'id: a, per: principal, rate: 1/1s, to: { issuers: [https://x.test] }', /names none$/],
  ['a failing store that is asked', 'id: a, per: principal, rate: 1/1s, onStoreFailure: ask', /one of allow, deny/],
  ['a mistyped key', 'id: a, per: principal, rates: 1/1s', /`rates`; did you mean `rate`\?/],
];
for (const [what, keys, expected] of RULES) {
  test(`a quota with ${what} is refused at its own line`, (t) => {
    const errors = makeConfigDir(t).refuse(`quotas:\n  rules:\n    - { ${keys} }\n${TASKS}\n${LEAST}`);
    assert.match(errors.join('\n'), expected);
    assert.ok(
      errors.every((error) => error.startsWith('3:')),
      errors.join('\n'),
    );
  });
}

const rule = (more: string): string => `quotas: { rules: [{ id: a, per: principal, ${more}tasks: { live: 1 } }] }\n`;

test('a quota on tasks is refused where no endpoint of it has the extension', (t) => {
  const dir = makeConfigDir(t);
  const words = 'limits nothing: no endpoint of this rule has the extension io.modelcontextprotocol/tasks';
  assert.deepEqual(dir.refuse(`${rule('')}${LEAST}`), [`1:44 quotas.rules[0].tasks: ${words}`]);
  const yaml = `${LEAST}  /b: { upstream: a, ${TASKS} }\n`;
  assert.deepEqual(dir.refuse(`${rule('')}${yaml}`), []);
  assert.match(
    dir.refuse(`${rule('match: { endpoints: [/mcp] }, ')}${yaml}`).join(),
    /rules\[0\]\.tasks: limits nothing/,
  );
});

test('ids of quotas are unique', (t) => {
  const same = 'id: a, per: principal, rate: 1/1s';
  assert.deepEqual(makeConfigDir(t).refuse(`quotas: { rules: [{ ${same} }, { ${same}, burst: 0 }] }\n${LEAST}`), [
    '1:60 quotas.rules[1].id: is the same as [0].id; expected each once',
    '1:95 quotas.rules[1].burst: expected a whole number from 1 to 999999999, found the number `0`',
  ]);
});

const STORES: readonly [string, RegExp][] = [
  ['redis', /^1:11 quotas\.store: expected memory, a URL such as .*, found a value that is not shown$/],
  ['http://r.test', /quotas\.store: expected memory/],
  ['redis://', /quotas\.store: expected memory/],
  ['redis://r.test/x', /quotas\.store: expected memory/],
  ['redis://r.test/0?a=b', /quotas\.store: expected memory/],
  ['"redis://a b@r.test"', /quotas\.store: expected memory/],
  ['redis://%zz@r.test', /quotas\.store: expected memory/],
  ['redis://r.test:65536', /quotas\.store: expected memory/],
  ['{}', /quotas\.store: one of `memory`, `redis`, `sentinel`, `cluster` is required$/],
  ['{ memory: {}, redis: { url: redis://r.test } }', /quotas\.store: expected one of .*, found `memory`, `redis`$/],
  ['{ memory: { maxKeys: 1 } }', /maxKeys: expected a whole number from 1000 to 100000000, found the number `1`$/],
  ['{ redis: {} }', /quotas\.store\.redis\.url: is required: expected a URL/],
  ['{ redis: { url: redis://r.test, tls: {} } }', /quotas\.store\.redis\.tls: needs a rediss:\/\/ URL$/],
  ['{ redis: { url: rediss://r.test, tls: { ca: gone.pem } } }', /tls\.ca: the file does not exist: `gone\.pem`$/],
  ['{ redis: { url: redis://r.test, prefix: "{a}" } }', /prefix: expected 1 to 64 letters, .*, found `\{a\}`$/],
  ['{ sentinel: { nodes: [a] } }', /sentinel\.name: is required/],
  ['{ sentinel: { nodes: [], name: m } }', /sentinel\.nodes: expected at least one address/],
  ['{ cluster: { nodes: ["a:0"] } }', /cluster\.nodes\[0\]: expected a host and a port such as redis-1:6379/],
  ['{ cluster: { nodes: ["::1:6379"] } }', /cluster\.nodes\[0\]: expected a host and a port/],
  ['{ cluster: { nodes: ["[a]:6379"] } }', /cluster\.nodes\[0\]: expected a host and a port/],
  ['{ cluster: { nodes: [a], password: { file: gone } } }', /password\.file: the file does not exist: `gone`$/],
];
for (const [store, expected] of STORES) {
  test(`the store ${store} is refused`, (t) => {
    const errors = makeConfigDir(t).refuse(`quotas: { store: ${store} }\n${KEYS}${LEAST}`);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

test('several workers cannot count in memory', (t) => {
  const dir = makeConfigDir(t);
  const rules = 'rules: [{ id: a, per: principal, rate: 1/1s }]';
  const yaml = `workers: 3\n${KEYS}${LEAST}`;
  assert.deepEqual(dir.refuse(`quotas: { store: memory, ${rules} }\n${yaml}`), [
    '1:11 quotas.store: memory counts in each process, so that 3 workers would give 3 times every limit; give the URL of a Redis server, or set workers: 1',
  ]);
  assert.match(dir.refuse(`quotas: { ${rules} }\n${yaml}`).join(), /^1:1 quotas\.store: memory counts in each process/);
  assert.deepEqual(dir.refuse(`quotas: { store: redis://r.test, ${rules} }\n${yaml}`), []);
  assert.deepEqual(dir.refuse(`quotas: { store: memory }\n${yaml}`), []);
});

test('the faults of all rules are told at once, beside others', (t) => {
  const errors = makeConfigDir(t).refuse(`workers: 2
quotas:
  store: memory
  rules:
    - { id: a, per: nobody, rate: 1 }
    - { id: a, per: principal, match: { endpoints: [/gone] }, rate: 1/1s, burst: x }
    - { id: c, per: principal, tasks: { live: 1 } }
sealing: { state: { singleUse: true } }
${LEAST}`);
  assert.deepEqual(
    errors.map((error) => error.slice(0, error.indexOf(': '))),
    [
      '3:3 quotas.store',
      '5:16 quotas.rules[0].per',
      '5:29 quotas.rules[0].rate',
      '6:9 quotas.rules[1].id',
      '6:53 quotas.rules[1].match.endpoints[0]',
      '6:75 quotas.rules[1].burst',
      '7:32 quotas.rules[2].tasks',
      '8:1 sealing.keys',
      '8:21 sealing.state.singleUse',
    ],
    errors.join('\n'),
  );
});
