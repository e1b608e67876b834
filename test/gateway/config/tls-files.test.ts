// Certificates and keys the configuration names: their contents are loaded, and what is wrong with them is told.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type ConfigDir, LEAST, makeConfigDir } from './make-config-dir.ts';
import { CERT, ENCRYPTED_KEY, FOREIGN_CERT, KEY } from './pem-samples.ts';

const UPSTREAM = (tls: string): string =>
  `upstreams:\n  a: { instances: [https://a/mcp], tls: ${tls} }\nendpoints: { /mcp: { upstream: a } }\nidentity: { anonymous: true }\n`;

function addPemFiles(dir: ConfigDir): void {
  dir.write('tls/cert.pem', `comment before\n${CERT}${FOREIGN_CERT}`);
  dir.write('tls/key.pem', KEY);
  dir.write('tls/foreign.pem', FOREIGN_CERT);
  dir.write('tls/encrypted.pem', ENCRYPTED_KEY);
  dir.write('tls/garbage.pem', CERT.replace('MII', 'XXX'));
  dir.write('tls/cut.pem', CERT.slice(0, 200));
  dir.write('tls/empty.pem', '');
  dir.write('tls/huge.pem', Buffer.alloc(2 ** 20 + 1));
}

test('files are found beside the configuration and their contents loaded', (t) => {
  const dir = makeConfigDir(t);
  addPemFiles(dir);
  const config = dir.load(
    `listen: { tls: { cert: tls/cert.pem, key: tls/key.pem } }\n${UPSTREAM('{ ca: tls/foreign.pem, cert: tls/cert.pem, key: tls/key.pem }')}`,
  );
  const cert = `comment before\n${CERT}${FOREIGN_CERT}`;
  assert.deepEqual(config.listen.tls, { cert, key: KEY });
  assert.equal(config.publicUrl, 'https://127.0.0.1:8080');
  assert.deepEqual(config.upstreams.get('a')?.tls, { ca: FOREIGN_CERT, cert, key: KEY });
  const base = path.dirname(dir.file);
  assert.deepEqual(
    config.files.map((file) => path.relative(base, file)),
    ['gateway.yaml', 'tls/cert.pem', 'tls/key.pem', 'tls/foreign.pem'],
  );
});

test('the digest follows the contents of the files', (t) => {
  const dir = makeConfigDir(t);
  addPemFiles(dir);
  const yaml = UPSTREAM('{ ca: tls/cert.pem }');
  const { digest } = dir.load(yaml);
  dir.write('tls/cert.pem', CERT);
  assert.notEqual(dir.load(yaml).digest, digest);
});

const BAD: readonly [string, string, RegExp][] = [
  [
    'a missing file',
    '{ ca: tls/none.pem }',
    /^2:\d+ upstreams\.a\.tls\.ca: the file does not exist: `tls\/none\.pem`$/,
  ],
  ['a directory', '{ ca: tls }', /tls\.ca: the file is a directory: `tls`$/],
  ['a file that is too large', '{ ca: tls/huge.pem }', /is larger than 1048576 bytes/],
  ['an empty file', '{ ca: tls/empty.pem }', /tls\.ca: expected a PEM file of certificates, found `tls\/empty\.pem`$/],
  ['a certificate that cannot be read', '{ ca: tls/garbage.pem }', /expected a PEM file of certificates/],
  ['a certificate that was cut', '{ ca: tls/cut.pem }', /expected a PEM file of certificates/],
  ['a key for a certificate', '{ ca: tls/key.pem }', /expected a PEM file of certificates/],
  [
    'a certificate for a key',
    '{ cert: tls/cert.pem, key: tls/cert.pem }',
    /tls\.key: expected a PEM file of one private key/,
  ],
  ['an encrypted key', '{ cert: tls/cert.pem, key: tls/encrypted.pem }', /that is not encrypted, found/],
  [
    'the key of another certificate',
    '{ cert: tls/foreign.pem, key: tls/key.pem }',
    /tls\.key: expected the private key of the first certificate in `cert`/,
  ],
];
for (const [what, tls, expected] of BAD) {
  test(`${what} is refused with its place`, (t) => {
    const dir = makeConfigDir(t);
    addPemFiles(dir);
    const errors = dir.refuse(UPSTREAM(tls));
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', expected);
  });
}

test('a listener needs both a certificate and a key', (t) => {
  assert.deepEqual(makeConfigDir(t).refuse(`listen: { tls: {} }\n${LEAST}`), [
    '1:11 listen.tls.cert: is required: expected the name of a file',
    '1:11 listen.tls.key: is required: expected the name of a file',
  ]);
});
