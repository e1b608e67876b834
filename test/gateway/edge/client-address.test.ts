// Whose address counts: the peer's, or what trusted proxies say, read from the right and never further than trust goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { makeFindClientAddress } from '../../../gateway/edge/client-address.ts';

const find = makeFindClientAddress(['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48', 'fd00::1']);

const CASES: readonly (readonly [what: string, peer: string, forwardedFor: string | undefined, expected: string])[] = [
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['a stranger who claims another address', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['one trusted proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['two trusted proxies', '10.0.0.1', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['what a client put before its own address', '10.0.0.1', '1.1.1.1, 10.0.0.8, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['a chain of proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['a neighbour of a trusted address', '192.0.2.8', '198.51.100.1', '192.0.2.8'],
  ['a word in the chain', '10.0.0.1', '198.51.100.1, unknown, 10.0.0.2', '10.0.0.2'],
  ['nothing between two commas', '10.0.0.1', '198.51.100.1,,10.0.0.2', '10.0.0.2'],
  ['an address with a port', '10.0.0.1', '198.51.100.1:4711', '10.0.0.1'],
  ['an address in brackets', '10.0.0.1', '[2001:db8::1]', '10.0.0.1'],
  ['leading zeros, which some read as octal', '10.0.0.1', '010.0.0.2', '10.0.0.1'],
  ['spaces and tabs', '10.0.0.1', ' \t198.51.100.1 \t,  10.0.0.2\t', '198.51.100.1'],
  ['an IPv4 proxy at a socket for both', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['an IPv4 client at a socket for both', '::ffff:203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['an IPv4 proxy written as IPv6 in the chain', '10.0.0.1', '198.51.100.1, ::ffff:10.0.0.2', '198.51.100.1'],
  ['and in hexadecimal', '10.0.0.1', '198.51.100.1, ::ffff:a00:2', '198.51.100.1'],
  ['an IPv6 proxy', '2001:db8:1::5', '2001:db8:2::1', '2001:db8:2::1'],
  ['an IPv6 proxy written in full', '2001:0DB8:0001:0:0:0:0:5', '198.51.100.1', '198.51.100.1'],
  ['an IPv6 stranger', '2001:db8:2::5', '198.51.100.1', '2001:db8:2::5'],
  ['an IPv6 address with a zone in the chain', '10.0.0.1', `198.51.100.1, fe80::1%${'z'.repeat(99)}`, '10.0.0.1'],
  ['a socket without an address', '', '198.51.100.1', ''],
];

for (const [what, peer, forwardedFor, expected] of CASES) {
  test(`the client of ${what}`, () => assert.equal(find(peer, forwardedFor), expected));
}

const chain = (length: number): string => ['198.51.100.1', ...Array<string>(length - 1).fill('10.0.0.2')].join(',');

test('a chain longer than any honest one says nothing', () => {
  assert.equal(find('10.0.0.1', chain(32)), '198.51.100.1');
  assert.equal(find('10.0.0.1', chain(33)), '10.0.0.1');
  assert.equal(find('10.0.0.1', ','.repeat(100_000)), '10.0.0.1');
});

test('without trusted proxies nothing is believed, and an IPv4 peer is written as one', () => {
  const findPeer = makeFindClientAddress([]);
  assert.equal(findPeer('10.0.0.1', '198.51.100.1'), '10.0.0.1');
  assert.equal(findPeer('::ffff:10.0.0.1', '198.51.100.1'), '10.0.0.1');
  assert.equal(findPeer('::1', undefined), '::1');
});

test('whatever a client writes in front, the address its own proxy saw is the one that counts', () => {
  const hop = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
    fc.constantFrom('10.0.0.9', '', 'unknown', '::ffff:10.0.0.9'),
  );
  fc.assert(
    fc.property(fc.array(hop, { maxLength: 20 }), (forged) => {
      const honest = ['198.51.100.77', '10.3.3.3'];
      const hops = forged.map((each) => each.replaceAll(',', ''));
      assert.equal(find('10.0.0.1', [...hops, ...honest].join(', ')), '198.51.100.77');
    }),
  );
});
