// Thousands of random names, identities and addresses through the gateway make no series, and a scrape of many stays quick.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { RESOURCE, startGuardedGateway } from '../identity/support/guarded-gateway.ts';
import { sendMixed, type Wish } from './support/mixed-client.ts';

const TOTAL = 5000;
/** Identities to choose from: each costs a signature to make and one to check. */
const PEOPLE = 400;

const word = (): string => `z${randomBytes(9).toString('hex')}`;

test('five thousand requests with random names and identities add no series, and no word of theirs is told', async (t) => {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const gateway = await startGuardedGateway(t, {
    identity: { issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }] },
    rules: [
      { id: 'all', allow: { tools: ['*'], prompts: ['*'], resources: ['**'] }, to: { scopes: ['weather:read'] } },
    ],
    config: {
      quotas: {
        rules: [
          { id: 'calls', per: 'principal', rate: '2/1h' },
          { id: 'addresses', per: 'address', rate: '1000000/1s' },
        ],
      },
    },
  });
  const words: string[] = [];
  const keep = (): string => {
    words.push(word());
    return words.at(-1) as string;
  };
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = () => ({
    aud: RESOURCE,
    exp,
    sub: keep(),
    client_id: keep(),
    jti: keep(),
    scope: `weather:read ${keep()}`,
  });
  const tokens = await Promise.all(Array.from({ length: PEOPLE }, () => issuer.sign(claims())));

  const makers: readonly ((token: string) => Wish)[] = [
    (token) => toCall('tools/call', { name: keep() }, token, 'name'),
    (token) => toCall('resources/read', { uri: `x://${keep()}/${keep()}` }, token, 'uri'),
    (token) => toCall('prompts/get', { name: keep() }, token, 'name'),
    (token) => toCall(`tools/${keep()}`, {}, token),
    (token) => ({ ...toCall('tools/list', {}, token), target: `/${keep()}` }),
    () => toCall('tools/call', { name: keep() }, keep(), 'name'),
    (token) => ({
      ...toCall('tools/list', {}, token),
      lines: [...toHeaderLines('tools/list'), ['Host', `${keep()}.test`]],
    }),
    (token) => ({
      ...toCall('tools/list', {}, token),
      lines: [...toHeaderLines('tools/list'), [`Mcp-Param-${keep()}`, keep()]],
    }),
  ];
  const make = (count: number): Wish[] =>
    Array.from({ length: count }, (_, i) =>
      (makers[i % makers.length] as (typeof makers)[0])(tokens[(i * 31) % PEOPLE] as string),
    );

  const first = await sendMixed(gateway.port, make(TOTAL / 5));
  const ours = async (): Promise<string[]> =>
    (await gateway.scrape()).samples
      .filter(({ name }) => name.startsWith('mcp_'))
      .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
  const before = await ours();
  const told = [...first, ...(await sendMixed(gateway.port, make((TOTAL * 4) / 5)))];
  assert.ok(told.every(({ status }) => status > 0));
  assert.ok(new Set(told.map(({ status }) => status)).size >= 5);
  const { samples, get } = await gateway.scrape();
  assert.equal(get('mcp_gateway_requests_total'), TOTAL);
  // Kinds of refusal and buckets that chance brought only now; names bring none.
  const added = (await ours()).filter((series) => !before.includes(series));
  assert.deepEqual(added, []);
  const text = JSON.stringify(samples);
  assert.deepEqual(
    words.filter((each) => text.includes(each)),
    [],
  );
  assert.equal(get('mcp_gateway_label_sets_dropped_total'), 0);
});

function toCall(method: string, params: Readonly<Record<string, string>>, token: string, mirrored?: string): Wish {
  const name = mirrored === undefined ? undefined : params[mirrored];
  return { method, token, body: toRequestBody(method, params), ...(name !== undefined && { name }) };
}
