// Story: tokens are worth stealing, and the easiest places to steal them from are logs, metrics, error texts and the
// servers behind a gateway. Tokens go through everything here that speaks, and no piece of one may be found afterwards.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type FakeIssuer, startFakeIssuer } from '../support/fake-issuer.ts';
import { answerResult, type Behaviour, type FakeUpstream, toEvent } from '../support/fake-upstream.ts';
import { Canaries, makeTokens } from '../through/identity/support/canaries.ts';
import { toBearer, toGuardedConfig } from '../through/identity/support/guarded-gateway.ts';
import { type Process, startProcess } from '../through/identity/support/serve-process.ts';
import { toBytes, toTokenRequests } from '../through/identity/support/token-requests.ts';
import { startUpstream } from '../through/support/start.ts';
import { until } from '../through/support/until.ts';
import { exchange } from './support/attacked-gateway.ts';

/** Everything an upstream can do; it says back all that it was told. */
const behave: Behaviour = (hit, response) => {
  const echo = { headers: hit.request.rawHeaders, body: hit.body.toString() };
  switch (hit.message.params.name) {
    case 'read_events':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEvent({ method: 'notifications/message', params: { level: 'info', data: echo } }));
      response.end(toEvent({ id: hit.message.id, result: { resultType: 'complete', echo } }));
      return;
    case 'read_challenge':
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${JSON.stringify(echo.headers)}"` }).end();
      return;
    case 'read_broken':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"half":');
      return;
    case 'read_cut':
      hit.request.socket.destroy();
      return;
    default:
      answerResult(hit, response, { resultType: 'complete', echo });
  }
};

async function start(t: TestContext): Promise<{ issuer: FakeIssuer; upstream: FakeUpstream; gateway: Process }> {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const upstream = await startUpstream(t, behave);
  const identity = { issuers: [{ issuer: issuer.issuer }], keys: { refresh: '200ms', cooldown: '10ms' } };
  const config = {
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: ['https://app.example'],
    upstreams: { fleet: { instances: [upstream.url], health: { ejectAfter: 100_000 } } },
    telemetry: { log: { level: 'trace' } },
  };
  return { issuer, upstream, gateway: await startProcess(t, await toGuardedConfig(t, { identity, config })) };
}

test('no piece of a token stands in a log, a metric, an answer or anything an upstream got', async (t) => {
  const { issuer, upstream, gateway } = await start(t);
  const canaries = new Canaries();
  const tokens = await makeTokens(canaries, issuer);
  const [admin, port] = [await gateway.waitForPort('admin listening'), await gateway.waitForPort('listening')];
  const statuses = new Map<string, number>();
  for (const [name, token] of Object.entries(tokens)) {
    for (const bytes of toTokenRequests(token)) {
      const answer = (await exchange(port, bytes)).toString('latin1');
      const status = answer.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      assert.equal(canaries.find(answer), undefined, `${name}: ${answer}`);
    }
  }
  // The issuer fails, so that fetching its keys is spoken of too.
  issuer.behave((_request, response) => void response.writeHead(500).end());
  await until('the failure is logged', () => gateway.output().includes('keys_failed'));
  await exchange(port, toBytes(toBearer(tokens.unknownKid ?? ''), 'read_station'));

  for (const path of ['/metrics', '/readyz?verbose', '/livez']) {
    assert.equal(canaries.find(await (await fetch(`http://127.0.0.1:${admin}${path}`)).text()), undefined, path);
  }
  gateway.kill('SIGTERM');
  await gateway.exited;
  const output = gateway.output();
  assert.equal(canaries.find(output), undefined, 'output');
  // What was looked through is not empty.
  for (const status of ['200', '400', '401', '403', '404', '405', '431', '502']) {
    assert.ok((statuses.get(status) ?? 0) > 0, `${status} ${JSON.stringify([...statuses])}`);
  }
  assert.ok(output.split('request refused').length > 100, output);
  for (const reason of ['audience', 'expired', 'signature', 'key_unknown', 'token_twice', 'token_in_query']) {
    assert.ok(output.includes(`"reason":"${reason}"`), reason);
  }
  assert.ok(upstream.hits.length > 10);
  for (const { request, body } of upstream.hits) {
    const got = [request.url, ...request.rawHeaders, body.toString('latin1')].join('\n');
    assert.equal(canaries.find(got), undefined, got);
    assert.equal(/authorization|bearer/i.test(request.rawHeaders.join('\n')), false);
  }
  assert.ok(canaries.find(`before ${tokens.honest} after`), 'a token would have been found');
});
