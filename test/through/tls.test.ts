// TLS on both sides: the listener, and upstreams that prove themselves and ask for proof.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTlsFiles, startTlsUpstream } from './support/certificates.ts';
import { openCall, openToolCall, toError } from './support/open-call.ts';
import { startGateway, startUpstream } from './support/start.ts';

const CALL = { method: 'tools/call', params: { name: 'plain' }, name: 'plain' } as const;

test('the listener speaks HTTPS with the certificate of the configuration', async (t) => {
  const { authority, here, write } = await makeTlsFiles(t);
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    config: {
      listen: { host: '127.0.0.1', port: 0, tls: { cert: await write(here.cert), key: await write(here.key) } },
    },
  });
  assert.equal((await openCall({ port: gateway.port, ca: authority.ca, ...CALL }).end()).status, 200);
  const plain = await openCall({ port: gateway.port, ...CALL }).end();
  assert.notEqual(plain.status, 200);
  assert.equal(upstream.hits.length, 1);
});

test('an upstream under an authority of its own gets the client certificate', async (t) => {
  const { authority, here, write } = await makeTlsFiles(t);
  const upstream = await startTlsUpstream(t, here, authority.ca);
  const client = authority.certify('DNS:gateway.test');
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    upstream: {
      tls: { ca: await write(authority.ca), cert: await write(client.cert), key: await write(client.key) },
    },
  });
  assert.equal((await openToolCall(gateway.port).end()).status, 200);
  assert.deepEqual(upstream.hits, [{ id: 1, client: 'Tollgate test' }]);
});

test('an upstream that asks for a certificate and gets none is 502', async (t) => {
  const { authority, here, write } = await makeTlsFiles(t);
  const upstream = await startTlsUpstream(t, here, authority.ca);
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    upstream: { tls: { ca: await write(authority.ca) } },
  });
  const answer = await openToolCall(gateway.port).end();
  assert.deepEqual([answer.status, toError(answer).code], [502, -32603]);
  assert.deepEqual(upstream.hits, []);
});

test('an upstream whose certificate another authority signed is 502, and sees nothing', async (t) => {
  const { here } = await makeTlsFiles(t);
  const other = await makeTlsFiles(t);
  const upstream = await startTlsUpstream(t, here);
  const gateway = await startGateway(t, {
    instances: [upstream.url],
    upstream: { tls: { ca: await other.write(other.authority.ca) } },
  });
  const answer = await openToolCall(gateway.port).end();
  assert.deepEqual([answer.status, toError(answer).code], [502, -32603]);
  assert.deepEqual(upstream.hits, []);
});

test('an upstream is not trusted by the public authorities just because it speaks TLS', async (t) => {
  const { here } = await makeTlsFiles(t);
  const upstream = await startTlsUpstream(t, here);
  const gateway = await startGateway(t, { instances: [upstream.url] });
  assert.equal((await openToolCall(gateway.port).end()).status, 502);
  assert.deepEqual(upstream.hits, []);
});

for (const host of ['127.0.0.1', 'localhost']) {
  test(`an upstream at ${host} with a certificate for another name is 502, and sees nothing`, async (t) => {
    const { authority, write } = await makeTlsFiles(t);
    const upstream = await startTlsUpstream(t, authority.certify('DNS:weather.test'));
    const gateway = await startGateway(t, {
      instances: [`https://${host}:${upstream.port}/mcp`],
      upstream: { tls: { ca: await write(authority.ca) } },
    });
    const answer = await openToolCall(gateway.port).end();
    assert.deepEqual([answer.status, toError(answer).code], [502, -32603]);
    assert.deepEqual(upstream.hits, []);
  });
}
