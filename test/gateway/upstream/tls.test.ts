// Whom the gateway trusts behind it, and how it proves itself there.
import assert from 'node:assert/strict';
import type { ServerOptions } from 'node:https';
import { createServer } from 'node:https';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { InstancePlace } from '../../../gateway/upstream/instance.ts';
import { Instance } from '../../../gateway/upstream/instance.ts';
import { probe } from '../../../gateway/upstream/probe.ts';
import { startTimer } from '../../../gateway/upstream/start-timer.ts';
import type { TlsSettings } from '../../../gateway/upstream/upstream-settings.ts';
import { makeAuthority } from './certificates.ts';
import { listen } from './listen.ts';
import { makeSettings } from './make-settings.ts';
import { post } from './post.ts';

const authority = makeAuthority();
const stranger = makeAuthority();
const server = authority.certify('DNS:weather.test,IP:127.0.0.1');
const client = authority.certify('DNS:gateway.test');

async function listenTls(t: TestContext, options: ServerOptions = {}): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const tlsServer = createServer({ ...server, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string | false };
    seen.push(`${request.socket.remotePort} ${String(socket.servername)} ${request.headers.host}`);
    response.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":"tollgate-health","result":{}}');
  });
  return { port: await listen(t, tlsServer), seen };
}

function reach(t: TestContext, place: Omit<InstancePlace, 'index'>, tls?: TlsSettings): Instance {
  const instance = new Instance({ ...place, index: 0 }, makeSettings({ tls }));
  t.after(() => instance.destroy());
  return instance;
}

test('a server certified by the configured authority is trusted', async (t) => {
  const { port } = await listenTls(t);
  const instance = reach(t, { url: `https://127.0.0.1:${port}/mcp` }, { ca: authority.ca });
  assert.equal((await post(instance)).status, 200);
});

test('a server certified by another authority is refused', async (t) => {
  const { port, seen } = await listenTls(t);
  const instance = reach(t, { url: `https://127.0.0.1:${port}/mcp` }, { ca: stranger.ca });
  await assert.rejects(post(instance), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  assert.deepEqual(seen, []);
});

test('without an authority in the configuration, only publicly certified servers are trusted', async (t) => {
  const { port } = await listenTls(t);
  await assert.rejects(post(reach(t, { url: `https://127.0.0.1:${port}/mcp` })), {
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
});

test('the environment cannot turn verification off', async (t) => {
  const { port } = await listenTls(t);
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const instance = reach(t, { url: `https://127.0.0.1:${port}/mcp` }, { ca: stranger.ca });
  await assert.rejects(post(instance), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

test('a server certified for another name is refused', async (t) => {
  const { port, seen } = await listenTls(t);
  const place = { url: `https://calendar.test:${port}/mcp`, address: '127.0.0.1' };
  await assert.rejects(post(reach(t, place, { ca: authority.ca })), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.deepEqual(seen, []);
});

test('a resolved address is verified by the name in the URL, which also goes into SNI and Host', async (t) => {
  const { port, seen } = await listenTls(t, authority.certify('DNS:weather.test'));
  const place = { url: `https://weather.test:${port}/mcp`, address: '127.0.0.1' };
  assert.equal((await post(reach(t, place, { ca: authority.ca }))).status, 200);
  assert.match(seen.join(), new RegExp(`^\\d+ weather.test weather.test:${port}$`));
});

test('an address in the certificate does not make up for the wrong name', async (t) => {
  const { port } = await listenTls(t, authority.certify('DNS:calendar.test,IP:127.0.0.1'));
  const place = { url: `https://weather.test:${port}/mcp`, address: '127.0.0.1' };
  await assert.rejects(post(reach(t, place, { ca: authority.ca })), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('a name that ends with a dot is sent and verified without it', async (t) => {
  const { port, seen } = await listenTls(t);
  const place = { url: `https://weather.test.:${port}/mcp`, address: '127.0.0.1' };
  assert.equal((await post(reach(t, place, { ca: authority.ca }))).status, 200);
  assert.match(seen.join(), / weather\.test /);
});

test('a Host header does not choose the name that is verified', async (t) => {
  const { port } = await listenTls(t);
  const instance = reach(t, { url: `https://calendar.test:${port}/mcp`, address: '127.0.0.1' }, { ca: authority.ca });
  const request = instance.calls.request({ path: '/mcp', method: 'POST', headers: { host: 'weather.test' } });
  await assert.rejects(request, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('a server that asks for a certificate gets the configured one', async (t) => {
  const { port } = await listenTls(t, { requestCert: true, rejectUnauthorized: true, ca: authority.ca });
  const instance = reach(t, { url: `https://127.0.0.1:${port}/mcp` }, { ca: authority.ca, ...client });
  assert.equal((await post(instance)).status, 200);
});

test('a server that asks for a certificate is not reached without one', async (t) => {
  const { port, seen } = await listenTls(t, { requestCert: true, rejectUnauthorized: true, ca: authority.ca });
  await assert.rejects(post(reach(t, { url: `https://127.0.0.1:${port}/mcp` }, { ca: authority.ca })));
  assert.deepEqual(seen, []);
});

test('a server that asks for a certificate is not reached with one of a stranger', async (t) => {
  const { port, seen } = await listenTls(t, { requestCert: true, rejectUnauthorized: true, ca: authority.ca });
  const tls = { ca: authority.ca, ...stranger.certify('DNS:gateway.test') };
  await assert.rejects(post(reach(t, { url: `https://127.0.0.1:${port}/mcp` }, tls)));
  assert.deepEqual(seen, []);
});

test('active checks and calls share one connection', async (t) => {
  const { port, seen } = await listenTls(t);
  const place = { url: `https://weather.test:${port}/mcp`, address: '127.0.0.1' };
  const instance = reach(t, place, { ca: authority.ca });
  await post(instance);
  // undici uses a connection again one turn of the event loop after its answer.
  await nextTurn();
  assert.equal(await probe(instance, 5_000, startTimer), true);
  await nextTurn();
  await post(instance);
  assert.equal(seen.length, 3);
  assert.equal(new Set(seen).size, 1, seen.join());
});
