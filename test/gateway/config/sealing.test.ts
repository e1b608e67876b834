// Sealing: what it becomes, and which keys and handles are refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { findSealingSecret } from '../../../gateway/config/shape/sealing-secret.ts';
import { KEYS, LEAST, makeConfigDir, SEALING_SECRET } from './make-config-dir.ts';

const OTHER = Buffer.alloc(32, 9).toString('base64');
const THIRD = Buffer.alloc(32, 0xff).toString('base64');

test('sealing takes over every key, secrets from the environment and from files too', (t) => {
  const dir = makeConfigDir(t);
  dir.write('key', `\n${OTHER}\n`);
  const { sealing } = dir.load(
    `
sealing:
  keys:
    - { id: k3, secret: "\${S}" }
    - { id: k2, secret: { file: key }, openOnly: true }
    - { id: k1, secret: ${THIRD}, openOnly: "true" }
  state: { ttl: 1m, bindArguments: false, singleUse: true, inputResponses: 1KiB }
  tasks: { affinity: none, longestLife: 1h }
  handles:
    - { tool: create_basket, result: /structuredContent/basketId, opens: [{ tool: "*_basket", argument: /basketId }] }
    - tool: a*
      endpoint: /m*
      result: /structuredContent/a~1b/0/~0
      opens: [{ tool: b, argument: /x }, { tool: c, argument: "/y z" }]
      bind: claim:tenant
      ttl: 5m
      required: false
quotas: {}
${LEAST}`,
    { S: SEALING_SECRET },
  );
  assert.deepEqual(sealing, {
    keys: [
      { id: 'k3', secret: SEALING_SECRET, openOnly: false },
      { id: 'k2', secret: OTHER, openOnly: true },
      { id: 'k1', secret: THIRD, openOnly: true },
    ],
    state: { ttlMs: 60_000, bindArguments: false, singleUse: true, maxResponsesBytes: 1_024 },
    tasks: { affinity: 'none', longestLifeMs: 3_600_000 },
    handles: [
      {
        tool: 'create_basket',
        endpoint: undefined,
        result: '/structuredContent/basketId',
        opens: [{ tool: '*_basket', argument: '/basketId' }],
        bind: { by: 'principal' },
        ttlMs: 86_400_000,
        required: true,
      },
      {
        tool: 'a*',
        endpoint: '/m*',
        result: '/structuredContent/a~1b/0/~0',
        opens: [
          { tool: 'b', argument: '/x' },
          { tool: 'c', argument: '/y z' },
        ],
        bind: { by: 'claim', claim: 'tenant' },
        ttlMs: 300_000,
        required: false,
      },
    ],
  });
});

test('a secret is what Node writes for 32 bytes, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      assert.equal(findSealingSecret(text), bytes.length === 32 ? text : undefined);
    }),
  );
  const base64url = THIRD.replaceAll('/', '_');
  const [whole = ''] = THIRD.split('=');
  for (const text of [whole, `${THIRD}=`, `${THIRD}\n`, ` ${THIRD}`, base64url, `${whole.slice(0, -1)}9=`, '']) {
    assert.equal(findSealingSecret(text), undefined, text);
  }
});

const key = (more: string): string => `keys: [{ ${more} }]`;
const handle = (more: string): string => `handles: [{ ${more} }]`;
const HANDLE = 'tool: a, result: /r, opens: [{ tool: b, argument: /x }]';

const REFUSED: readonly [string, string, RegExp][] = [
  ['a short secret', key('id: k, secret: c2hvcnQ='), /keys\[0\]\.secret: expected 32 bytes in base64 .* is not shown$/],
  ['a key without an id', key(`secret: ${THIRD}`), /keys\[0\]\.id: is required/],
  ['an id with a space', key(`id: a b, secret: ${THIRD}`), /keys\[0\]\.id: expected 1 to 64 letters, .* `a b`$/],
  ['a key that only opens', key(`id: k, secret: ${THIRD}, openOnly: true`), /openOnly: the first key is the one that/],
  [
    'an id twice',
    `keys: [{ id: k, secret: ${THIRD} }, { id: k, secret: ${OTHER} }]`,
    /keys\[1\]\.id: is the same as \[0\]\.id/,
  ],
  [
    'a secret twice',
    `keys: [{ id: k, secret: ${THIRD} }, { id: l, secret: ${THIRD} }]`,
    /keys\[1\]\.secret: is the secret of \[0\] too; a new key needs a new one$/,
  ],
  ['a file that is gone', key('id: k, secret: { file: gone }'), /secret\.file: the file does not exist: `gone`$/],
  ['a file of something else', key('id: k, secret: { file: gateway.yaml }'), /a file that holds 32 bytes in base64/],
  ['a state that never opens', 'state: { ttl: 0s }', /state\.ttl: expected a duration/],
  ['single use without a store', 'state: { singleUse: true }', /singleUse: needs `quotas`, whose store remembers/],
  ['another affinity', 'tasks: { affinity: some }', /affinity: expected one of instance, none, found `some`$/],
  [
    'a handle without tools',
    handle('result: /a, opens: [{ tool: b, argument: /x }]'),
    /handles\[0\]\.tool: is required/,
  ],
  ['a handle that opens nowhere', handle('tool: a, result: /a, opens: []'), /opens: expected at least one place/],
  ['a pointer to all', handle(HANDLE.replace('/r', '""')), /result: expected a JSON Pointer .* found an empty string$/],
  ['a pointer without a slash', handle(HANDLE.replace('/r', 'a/b')), /result: expected a JSON Pointer .* `a\/b`$/],
  ['a path in place of a pointer', handle(HANDLE.replace('/r', '$.a')), /result: expected a JSON Pointer/],
  ['a pointer with a stray tilde', handle(HANDLE.replace('/x', '/a~2')), /argument: expected a JSON Pointer/],
  ['a pointer that ends in a tilde', handle(HANDLE.replace('/x', '/a~')), /argument: expected a JSON Pointer/],
  ['a pointer without end', handle(HANDLE.replace('/x', `/${'x'.repeat(512)}`)), /argument: expected a JSON Pointer/],
  ['an endpoint that is none', handle(`${HANDLE}, endpoint: /x`), /endpoint: `\/x` fits no endpoint; .* \/mcp$/],
  ['an owner that is none', handle(`${HANDLE}, bind: client`), /bind: expected principal or claim:NAME/],
  ['a mistyped key', 'sate: {}', /^1:12 sealing\.…: unknown key; did you mean `state`\?$/],
];
for (const [what, yaml, expected] of REFUSED) {
  test(`sealing with ${what} is refused`, (t) => {
    const errors = makeConfigDir(t).refuse(`sealing: { ${yaml} }\n${LEAST}`);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

test('keys are required where several processes would have to share them', (t) => {
  const dir = makeConfigDir(t);
  const words = 'no process could open what another one sealed; `tollgate keys new` prints one';
  assert.deepEqual(dir.refuse(`workers: 2\n${LEAST}`), [
    `1:1 sealing.keys: at least one key is required with several workers: ${words}`,
  ]);
  assert.deepEqual(dir.refuse(`sealing: { keys: [] }\nquotas: { store: redis://r.test }\n${LEAST}`), [
    `1:12 sealing.keys: at least one key is required beside a shared store: ${words}`,
  ]);
  assert.deepEqual(dir.refuse(`workers: 2\nquotas: { store: redis://r.test }\n${KEYS}${LEAST}`), []);
});

test('single use needs a store that all workers share', (t) => {
  const dir = makeConfigDir(t);
  const sealing = KEYS.replace('sealing: {', 'sealing: { state: { singleUse: true },');
  assert.deepEqual(dir.refuse(`quotas: {}\n${sealing}${LEAST}`), []);
  assert.deepEqual(dir.refuse(`workers: 2\nquotas: { store: redis://r.test }\n${sealing}${LEAST}`), []);
  assert.match(
    dir.refuse(`workers: 2\nquotas: {}\n${sealing}${LEAST}`).join(),
    /^3:21 sealing\.state\.singleUse: needs a Redis server as `quotas\.store`: memory is not shared by the workers$/,
  );
});
