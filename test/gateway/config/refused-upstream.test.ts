// Upstreams that are refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeConfigDir } from './make-config-dir.ts';

const OF_UPSTREAM: readonly [string, string, RegExp][] = [
  ['neither instances nor dns', '{}', /^2:3 upstreams\.a: either `instances` or `dns` is required$/],
  [
    'both instances and dns',
    '{ instances: [http://a/], dns: { url: http://a/ } }',
    /expected either `instances` or `dns`, found both$/,
  ],
  ['no instance', '{ instances: [] }', /instances: expected at least one instance, found an empty list$/],
  [
    'an instance twice',
    '{ instances: [http://a/x, HTTP://A:80/x] }',
    /instances\[1\]: expected each instance once; `HTTP:\/\/A:80\/x` is the same as \[0\]$/,
  ],
  [
    'instances of two schemes',
    '{ instances: [http://a/, https://b/] }',
    /instances\[1\]: expected http like the first instance/,
  ],
  ['a query', '{ instances: ["http://a/?x"] }', /instances\[0\]: expected an http or https URL/],
  ['a fragment', '{ instances: ["http://a/#"] }', /instances\[0\]/],
  ['a user name', '{ instances: ["http://u:secret@a/"] }', /found `http:\/\/…@a\/`$/],
  ['another scheme', '{ instances: ["ws://a/"] }', /instances\[0\]/],
  ['no host', '{ instances: ["http:///mcp"] }', /instances\[0\]/],
  ['a backslash that URL would repair', '{ instances: ["http:\\\\\\\\a/"] }', /instances\[0\]/],
  ['a line break that URL would drop', '{ instances: ["http://a/\\nb"] }', /found `http:\/\/a\/\\u\{a\}b`$/],
  [
    'an unknown balance',
    '{ instances: [http://a/], balance: random }',
    /balance: expected one of round-robin, least-requests/,
  ],
  [
    'a share without a sign',
    '{ instances: [http://a/], health: { ejectAtMost: 0.5 } }',
    /ejectAtMost: expected a percentage/,
  ],
  ['a share over all', '{ instances: [http://a/], health: { ejectAtMost: 101% } }', /ejectAtMost/],
  ['no timeout at all', '{ instances: [http://a/], timeouts: { total: 0s } }', /timeouts\.total: .*longer than 0/],
  ['a relative resource', '{ instances: [http://a/], resource: /mcp }', /resource: expected an absolute URI/],
  [
    'TLS for plain http',
    '{ instances: [http://a/], tls: {} }',
    /upstreams\.a\.tls: needs https instances; these are plain http$/,
  ],
  ['a certificate without its key', '{ instances: [https://a/], tls: { cert: c.pem } }', /`key` is required/],
];
for (const [what, upstream, expected] of OF_UPSTREAM) {
  test(`an upstream with ${what} is refused`, (t) => {
    const errors = makeConfigDir(t).refuse(
      `upstreams:\n  a: ${upstream}\nendpoints: { /mcp: { upstream: a } }\nidentity: { anonymous: true }\n`,
    );
    const told = errors.filter((error) => !error.includes('the file does not exist'));
    assert.equal(told.length, 1, errors.join('\n'));
    assert.match(told[0] ?? '', expected);
  });
}
