// Credentials that are refused, where, and with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCredential } from './credential-samples.ts';
import { makeConfigDir } from './make-config-dir.ts';
import { KEY } from './pem-samples.ts';

const REFUSED: readonly [string, string, RegExp][] = [
  ['nothing', '{}', /^5:\d+ upstreams\.a\.credential: one of `bearer`, `header`, .*, `forward` is required$/],
  [
    'two kinds',
    '{ forward: same-resource, bearer: x }',
    /credential: expected one of `bearer`, .*, found `bearer`, `forward`$/,
  ],
  [
    'an empty token',
    '{ bearer: "" }',
    /bearer: expected a secret of 1 to 8192 ASCII .*, found a value that is not shown$/,
  ],
  ['a token that is missing', '{ bearer: }', /credential\.bearer: expected a secret/],
  ['a token from an unset variable', '{ bearer: "${GONE}" }', /bearer: the environment variable GONE is not set/],
  ['a missing file', '{ bearer: { file: gone } }', /credential\.bearer\.file: the file does not exist: `gone`$/],
  [
    'an empty file',
    '{ bearer: { file: empty } }',
    /bearer\.file: expected a file that holds a secret of .*, found `empty`$/,
  ],
  ['a file of two lines', '{ bearer: { file: lines } }', /bearer\.file: expected a file that holds a secret/],
  ['a large file', '{ bearer: { file: large } }', /bearer\.file: the file is larger than 65536 bytes/],
  ['a file and more', '{ bearer: { file: empty, fil: x } }', /bearer\.…: unknown key; did you mean `file`\?$/],
  ['a header without a name', '{ header: { value: x } }', /credential\.header\.name: is required/],
  ['a header without a value', '{ header: { name: X } }', /header: either `value` or `file` is required$/],
  [
    'a header with two values',
    '{ header: { name: X, value: x, file: empty } }',
    /header: expected either .* found both$/,
  ],
  ['a name with a colon', '{ header: { name: "X:", value: x } }', /header\.name: expected the name of a header/],
  [
    'a plain-http token endpoint',
    exchange('tokenEndpoint: http://login.test/t'),
    /tokenEndpoint: expected an https URL/,
  ],
  ['a client secret with a line break', exchange('clientSecret: "a\\nb"'), /clientSecret: expected a secret/],
  ['a scope with a space', exchange('scopes: ["a b"]'), /scopes\[0\]: expected a scope/],
  [
    'an issuer that is not configured',
    exchange('issuer: https://x.test'),
    /issuer: names no issuer `https:\/\/x\.test`/,
  ],
  ['another word for forward', '{ forward: always }', /forward: expected one of same-resource, found `always`$/],
  [
    'forward without a resource',
    '{ forward: same-resource }',
    /credential\.forward: needs `resource` of this upstream/,
  ],
  ['a lifetime of more than an hour', '{ assertion: { key: gone.pem, ttl: 2h } }', /ttl: .*at most 1h, found `2h`$/],
];
function exchange(other: string): string {
  const keys = new Map([
    ['issuer', 'issuer: https://login.test'],
    ['clientId', 'clientId: me'],
    ['clientSecret', 'clientSecret: s'],
  ]);
  keys.set(other.slice(0, other.indexOf(':')), other);
  return `{ exchange: { ${[...keys.values()].join(', ')} } }`;
}
for (const [what, credential, expected] of REFUSED) {
  test(`a credential with ${what} is refused with its place`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('empty', ' \n');
    dir.write('lines', 'one\ntwo\n');
    dir.write('large', Buffer.alloc(65_537, 'x'));
    const errors = dir.refuse(withCredential(credential));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

const OWN_HEADERS =
  'Host Content-Type Content-Length Content-Encoding Accept Accept-Encoding Connection Keep-Alive Transfer-Encoding TE ' +
  'Trailer Upgrade Expect Via Proxy-Authorization Mcp-Method Mcp-Param-X Mcp-Session-Id traceparent TraceState';
for (const name of OWN_HEADERS.split(' ')) {
  test(`${name} cannot carry a credential`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('key.pem', KEY);
    assert.match(
      dir.refuse(withCredential(`{ header: { name: ${name}, value: x } }`)).join('\n'),
      /header\.name: expected/,
    );
    assert.match(
      dir.refuse(withCredential(`{ assertion: { key: key.pem, header: ${name} } }`)).join('\n'),
      /found a value/,
    );
  });
}

const FORWARD: readonly [string, string, string | undefined][] = [
  ['the same resource', '/mcp: { upstream: a }', undefined],
  ['the same resource by name', '/x: { upstream: a, resource: https://mcp.test/mcp }', undefined],
  ['another endpoint that leads elsewhere', '/mcp: { upstream: a }, /b: { upstream: b }', undefined],
  ['another resource', '/other: { upstream: a }', '/other'],
  ['a trailing slash', '/mcp/: { upstream: a }', '/mcp/'],
  ['one endpoint of two', '/mcp: { upstream: a }, /other: { upstream: a }', '/other'],
  [
    'one route of another endpoint',
    '/mcp: { upstream: a }, /r: { routes: [{ match: { names: [x] }, upstream: b }, { upstream: a }] }',
    '/r',
  ],
];
for (const [what, endpoints, culprit] of FORWARD) {
  test(`forward with ${what} is ${culprit === undefined ? 'accepted' : 'refused'}`, (t) => {
    const errors = makeConfigDir(t).refuse(`
identity: { anonymous: true }
publicUrl: https://mcp.test
upstreams:
  a: { instances: [https://a/], resource: https://mcp.test/mcp, credential: { forward: same-resource } }
  b: { instances: [https://b/] }
endpoints: { ${endpoints} }
`);
    const expected = `5:79 upstreams.a.credential.forward: needs one resource on both sides; the endpoint ${culprit} is another resource`;
    assert.deepEqual(errors, culprit === undefined ? [] : [expected]);
  });
}
