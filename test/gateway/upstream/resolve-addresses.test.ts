// Which addresses a name stands for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResolveAddresses } from '../../../gateway/upstream/resolve-addresses.ts';

const NOT_FOUND = 'ENOTFOUND';
const NO_DATA = 'ENODATA';
const REFUSED = 'EREFUSED';
const TIMEOUT = 'ETIMEOUT';

type Told = readonly string[] | string;

/** Answers with the addresses, or fails with the code. */
function tell(told: Told): Promise<readonly string[]> {
  return typeof told === 'string'
    ? Promise.reject(Object.assign(new Error(told), { code: told }))
    : Promise.resolve(told);
}

function resolve(four: Told, six: Told, system: Told): Promise<readonly string[]> {
  const questions = {
    resolve4: () => tell(four),
    resolve6: () => tell(six),
    lookup: async () => (await tell(system)).map((address) => ({ address })),
  };
  return makeResolveAddresses(questions)('weather');
}

const CASES: readonly { what: string; four: Told; six: Told; system: Told; found: readonly string[] }[] = [
  {
    what: 'all A records are used',
    four: ['10.0.0.1', '10.0.0.2'],
    six: NO_DATA,
    system: NOT_FOUND,
    found: ['10.0.0.1', '10.0.0.2'],
  },
  {
    what: 'AAAA records are used where there is no A record',
    four: NO_DATA,
    six: ['fd00::1'],
    system: NOT_FOUND,
    found: ['fd00::1'],
  },
  {
    what: 'a server under both families counts once, by IPv4',
    four: ['10.0.0.1'],
    six: ['fd00::1'],
    system: NOT_FOUND,
    found: ['10.0.0.1'],
  },
  {
    what: 'a failing question for AAAA records does not matter where there are A records',
    four: ['10.0.0.1'],
    six: TIMEOUT,
    system: NOT_FOUND,
    found: ['10.0.0.1'],
  },
  {
    what: 'a failing question for A records does not turn the fleet to IPv6',
    four: TIMEOUT,
    six: ['fd00::1'],
    system: ['fd00::1', '10.0.0.1'],
    found: ['10.0.0.1'],
  },
  {
    what: 'a name of the hosts file is found',
    four: NOT_FOUND,
    six: NOT_FOUND,
    system: ['127.0.0.1'],
    found: ['127.0.0.1'],
  },
  {
    what: 'a name that only the system knows may have an IPv6 address alone',
    four: NOT_FOUND,
    six: NOT_FOUND,
    system: ['::1'],
    found: ['::1'],
  },
  {
    what: 'the system is asked where no name server answers',
    four: REFUSED,
    six: REFUSED,
    system: ['10.0.0.3'],
    found: ['10.0.0.3'],
  },
];
for (const { what, four, six, system, found } of CASES) {
  test(what, async () => assert.deepEqual(await resolve(four, six, system), found));
}

test('a name that nobody knows is a failure', async () => {
  await assert.rejects(resolve(NOT_FOUND, NO_DATA, NOT_FOUND), { code: NOT_FOUND });
});

const ask = (): Promise<never> => Promise.reject(new Error('asked'));

test('an address stands for itself, and nobody is asked', async () => {
  const resolveAddresses = makeResolveAddresses({ resolve4: ask, resolve6: ask, lookup: ask });
  assert.deepEqual(await resolveAddresses('10.1.2.3'), ['10.1.2.3']);
  assert.deepEqual(await resolveAddresses('[fd00::1]'), ['fd00::1']);
});

test('the real resolver finds localhost', async () => {
  assert.deepEqual(await makeResolveAddresses()('localhost'), ['127.0.0.1']);
});
