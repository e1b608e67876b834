// An upstream named by DNS is reached at the addresses its name has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openToolCall, toError } from './support/open-call.ts';
import { startGateway, startUpstream } from './support/start.ts';

test('localhost is looked up, and its calls go to loopback', async (t) => {
  const upstream = await startUpstream(t);
  const url = `http://localhost:${upstream.port}/mcp`;
  const config = { upstreams: { fleet: { dns: { url } } } };
  const gateway = await startGateway(t, { instances: [], config });
  assert.equal((await openToolCall(gateway.port).end()).status, 200);
  assert.equal(upstream.hits[0]?.request.headers.host, `localhost:${upstream.port}`);
  assert.equal(upstream.hits[0].request.url, '/mcp');
  const instances = (await gateway.scrape()).samples.filter(
    ({ name }) => name === 'mcp_gateway_upstream_instance_healthy',
  );
  assert.deepEqual(
    instances.map(({ labels }) => labels.instance),
    [`127.0.0.1:${upstream.port}`],
  );
});

test('a name without an address leaves the gateway up, its calls 503, and a count', async (t) => {
  const config = { upstreams: { fleet: { dns: { url: 'http://nowhere.invalid:1/mcp' } } } };
  const gateway = await startGateway(t, { instances: [], config });
  const answer = await openToolCall(gateway.port).end();
  assert.deepEqual([answer.status, toError(answer).code], [503, -32603]);
  assert.ok(answer.headers['retry-after']);
  assert.ok((await gateway.scrape()).get('mcp_gateway_upstream_dns_failures_total', { upstream: 'fleet' }) >= 1);
});
