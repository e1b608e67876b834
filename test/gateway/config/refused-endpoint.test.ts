// Endpoints that are refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST, makeConfigDir } from './make-config-dir.ts';

const OF_ENDPOINT: readonly [string, string, RegExp][] = [
  ['neither upstream nor routes', '{}', /^2:3 endpoints\.\/mcp: either `upstream` or `routes` is required$/],
  ['both upstream and routes', '{ upstream: a, routes: [{ upstream: a }] }', /found both$/],
  ['no route', '{ routes: [] }', /expected at least one route/],
  [
    'an unknown upstream',
    '{ upstream: x }',
    /^2:11 endpoints\.\/mcp\.upstream: names no upstream `x`; expected one of a, b$/,
  ],
  ['an unknown upstream in a route', '{ routes: [{ upstream: x }] }', /routes\[0\]\.upstream: names no upstream `x`/],
  ['an upstream from the prototype', '{ upstream: constructor }', /names no upstream `constructor`/],
  ['a route without an upstream', '{ routes: [{ match: { names: [x] } }] }', /routes\[0\]\.upstream: is required/],
  [
    'a route behind one for everything',
    '{ routes: [{ upstream: a }, { upstream: b }] }',
    /routes\[1\]: is never reached: the route \[0\]/,
  ],
  [
    'a route behind an empty match',
    '{ routes: [{ match: {}, upstream: a }, { upstream: b }] }',
    /routes\[1\]: is never reached/,
  ],
  [
    'an unknown method',
    '{ routes: [{ match: { methods: [tools/cal] }, upstream: a }] }',
    /methods\[0\]: expected a method of MCP.*tools\/call.*found `tools\/cal`$/,
  ],
  ['a glob that no method fits', '{ routes: [{ match: { methods: ["*/lists"] }, upstream: a }] }', /methods\[0\]/],
  ['an empty glob', '{ routes: [{ match: { names: [""] }, upstream: a }] }', /names\[0\]: .*found an empty string$/],
  [
    'a number as a name',
    '{ routes: [{ match: { names: [0o17] }, upstream: a }] }',
    /in quotes, found the number `0o17`$/,
  ],
  [
    'one parameter in two cases',
    '{ routes: [{ match: { params: { A: x, a: y } }, upstream: a }] }',
    /params\.a: names the same header/,
  ],
  [
    'a parameter with its prefix',
    '{ routes: [{ match: { params: { Mcp-Param-A: x } }, upstream: a }] }',
    /without the prefix Mcp-Param-$/,
  ],
  ['a relative resource', '{ upstream: a, resource: /mcp }', /resource: expected an absolute URI/],
  ['a resource with a fragment', '{ upstream: a, resource: "https://a.test/#x" }', /resource/],
  ['no access file', '{ upstream: a, access: [] }', /^2:24 .*access: expected at least one file, found an empty list$/],
  [
    'an access file that is missing',
    '{ upstream: a, access: [x.yaml] }',
    /access\[0\]: the file does not exist: `x\.yaml`$/,
  ],
  ['an access file that is a directory', '{ upstream: a, access: [.] }', /access\[0\]: the file is a directory: `\.`$/],
  [
    'an access file twice',
    '{ upstream: a, access: [x.yaml, ./x.yaml] }',
    /access\[1\]: expected each file once; this one is \[0\] again$/,
  ],
  [
    'another answer to the denied',
    '{ upstream: a, onDeny: drop }',
    /onDeny: expected one of challenge, hide, found `drop`$/,
  ],
  ['no issuer', '{ upstream: a, issuers: [] }', /issuers: expected at least one issuer/],
  [
    'an unknown issuer',
    '{ upstream: a, issuers: [https://c.test] }',
    /issuers\[0\]: names no issuer `https:\/\/c\.test`; `identity\.issuers` names none$/,
  ],
];
for (const [what, endpoint, expected] of OF_ENDPOINT) {
  test(`an endpoint with ${what} is refused`, (t) => {
    const upstreams = 'upstreams: { a: { instances: [http://a/] }, b: { instances: [http://b/] } }';
    const errors = makeConfigDir(t).refuse(
      `endpoints:\n  /mcp: ${endpoint}\n${upstreams}\nidentity: { anonymous: true }\n`,
    );
    const told = errors.filter((error) => !what.includes('twice') || !error.includes('does not exist'));
    assert.equal(told.length, 1, errors.join('\n'));
    assert.match(told[0] ?? '', expected);
  });
}

const PATHS = [
  'mcp',
  '',
  '//',
  '/a//b',
  '/./a',
  '/a/..',
  '/a?b',
  '/a#b',
  '/%6dcp',
  '/.well-known',
  '/.well-known/x',
  '/a b',
  '/*',
  '/:a',
  '/a\\u0000',
  '/é',
];
for (const path of PATHS) {
  test(`the path ${JSON.stringify(path)} is refused`, (t) => {
    const errors = makeConfigDir(t).refuse(`${LEAST}  "${path}": { upstream: a }\n`);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', /^5:3 endpoints\..*: is not a valid name here: expected an absolute path/);
  });
}
