// Secrets that cross: a token, a cookie or an address a client sent turns up at a server that is another resource, in an
// answer, or in the log; or a server's cookies and sessions turn up at the client.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { answerResult, startFakeUpstream } from '../support/fake-upstream.ts';
import { type HeaderLines, toHeaderLines, toRequestBody } from '../support/mcp-request.ts';
import { attackGateway, exchange, NO } from './support/attacked-gateway.ts';

const attacked = attackGateway();

const CANARY = 'canary-51c2';

/** Lines an upstream must not see; each carries the canary. */
const PRIVATE: HeaderLines = [
  ['Cookie', `sid=${CANARY}`],
  ['Cookie2', CANARY],
  ['Proxy-Authorization', `Basic ${CANARY}`],
  ['Proxy-Authenticate', CANARY],
  ['Proxy-Connection', CANARY],
  ['X-Api-Key', CANARY],
  ['X-Auth-Token', CANARY],
  ['X-Amz-Security-Token', CANARY],
  ['Forwarded', `for=${CANARY}`],
  ['X-Forwarded-For', CANARY],
  ['X-Forwarded-Host', CANARY],
  ['X-Forwarded-Proto', CANARY],
  ['X-Forwarded-User', CANARY],
  ['X-Forwarded-Client-Cert', CANARY],
  ['X-Real-IP', CANARY],
  ['X-Original-URL', `/${CANARY}`],
  ['Via', `1.1 ${CANARY}`],
  ['Mcp-Session-Id', CANARY],
  ['Last-Event-ID', CANARY],
  ['Referer', `http://${CANARY}/`],
  ['User-Agent', CANARY],
  ['Accept-Language', CANARY],
  ['Accept-Encoding', `gzip, ${CANARY}`],
  ['Accept', CANARY],
  ['TE', `trailers, ${CANARY}`],
  ['Keep-Alive', CANARY],
  ['Upgrade', CANARY],
  ['Trailer', CANARY],
  ['Max-Forwards', '10'],
  ['Range', `bytes=${CANARY}`],
  ['If-None-Match', CANARY],
  ['Mcp_Name', CANARY],
  ['Mcp-Param_X', CANARY],
  ['X-Mcp-Param-Y', CANARY],
  ['Baggage', `a=${CANARY}`],
  ['traceparent', CANARY],
  ['tracestate', `a=${CANARY}`],
  ['Authorization_', CANARY],
  ['X-Authorization', CANARY],
  ['Connection', `close, X-Nominated`],
  ['X-Nominated', CANARY],
];

test('nothing private of a request reaches the upstream: its headers are exactly those built for it', async () => {
  const { upstream } = attacked();
  const lines = [...toHeaderLines('tools/call', 'echo').filter(([name]) => name !== 'Accept'), ...PRIVATE];
  await attacked().accepts({ lines, target: `/mcp?${CANARY}` });
  const { request } = upstream.hits.at(-2) ?? {};
  assert.ok(request !== undefined);
  assert.equal(`${request.url} ${request.rawHeaders.join(' ')}`.includes(CANARY), false);
  const names = request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  assert.deepEqual(names.toSorted(), [
    'accept',
    'connection',
    'content-length',
    'content-type',
    'host',
    'mcp-method',
    'mcp-name',
    'mcp-protocol-version',
  ]);
  assert.equal(request.headers.host, `127.0.0.1:${upstream.port}`);
});

for (const name of ['Mcp-Param-Region', 'mcp-name', 'traceparent']) {
  test(`a ${name} that Connection nominates is for this hop alone`, async () => {
    const lines: HeaderLines = [
      ...toHeaderLines('tools/call', 'echo'),
      ['Connection', `close, ${name}`],
      ['Mcp-Param-Region', 'eu'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ];
    const seen = attacked().upstream.hits.length;
    const answer = await attacked().send({ lines });
    const hit = attacked().upstream.hits[seen];
    // Either it is refused, or the header stops here (RFC 9110 section 7.6.1); `Mcp-Name` is built again for the next hop.
    if (hit === undefined) assert.equal(answer.status, 400);
    else assert.equal(hit.request.headers[name.toLowerCase()], name === 'mcp-name' ? 'echo' : undefined);
    await attacked().servesHonestCall();
  });
}

test('nothing an upstream sets for a session reaches the client', async () => {
  const { upstream } = attacked();
  upstream.behave((hit, response) => {
    response.setHeader('Set-Cookie', [`a=${CANARY}`, `b=${CANARY}`]);
    response.setHeader('Mcp-Session-Id', CANARY);
    response.setHeader('WWW-Authenticate', `Bearer realm="${CANARY}"`);
    response.setHeader('Server', CANARY);
    response.setHeader('Access-Control-Allow-Origin', '*');
    answerResult(hit, response);
  });
  const answer = await attacked().getAnswer({});
  upstream.behave(answerResult);
  assert.deepEqual([...answer.headers.keys()].toSorted(), [
    'cache-control',
    'connection',
    'content-length',
    'content-type',
    'date',
  ]);
});

test('a token in the query, or sent twice, is refused and not repeated', async () => {
  for (const target of [`/mcp?access_token=${CANARY}`, `/mcp?a=b&access%5Ftoken=${CANARY}`, `/mcp?access_token`]) {
    const answer = await attacked().getRefusal({ target }, NO.misplaced);
    assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_request"/);
    assertNoCanary(answer);
  }
  const more: HeaderLines = [
    ['Authorization', `Bearer ${CANARY}`],
    ['authorization', `Bearer ${CANARY}`],
  ];
  assertNoCanary(await attacked().getRefusal({ more }, NO.misplaced));
});

test('a token that cannot be proven is refused and not repeated', async () => {
  for (const value of [`Bearer ${CANARY}`, CANARY, `Basic ${CANARY}`, `bearer  ${CANARY}`]) {
    const answer = await attacked().getRefusal({ more: [['Authorization', value]] }, NO.token);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /);
    assertNoCanary(answer);
  }
});

/** Requests that carry the canary as a token, and fail in every layer that logs. */
const TOKEN_LINE = ['Authorization', `Bearer ${CANARY}`] as const;

test('no token, cookie or body of a request stands in the log, at its most talkative', async () => {
  const upstream = await startFakeUpstream();
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-attack-'));
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    allowedHosts: ['127.0.0.1'],
    identity: { anonymous: true },
    upstreams: { fleet: { instances: [upstream.url] } },
    endpoints: { '/mcp': { upstream: 'fleet' } },
    telemetry: { log: { level: 'trace' } },
  };
  await writeFile(join(folder, 'gateway.yaml'), stringify(config));
  const main = join(import.meta.dirname, '../../gateway/cli/tollgate.ts');
  const child = spawn(process.execPath, [main, 'serve', '--config', join(folder, 'gateway.yaml')]);
  const log: string[] = [];
  try {
    const port = await readPort(child, log);
    const secret: HeaderLines = [
      ['Cookie', `sid=${CANARY}`],
      ['X-Api-Key', CANARY],
    ];
    const honest = toHeaderLines('tools/call', 'echo');
    const body = toRequestBody('tools/call', { name: 'echo', arguments: { password: CANARY } });
    const base = { lines: [['Host', '127.0.0.1'] as const, ...honest, ...secret], body };
    upstream.behave((hit, response) => {
      response.writeHead(hit.message.id === 'broken' ? 500 : 200, { 'content-type': 'text/plain' });
      response.end(CANARY);
    });
    for (const request of [
      base,
      { ...base, lines: [...base.lines, TOKEN_LINE] },
      { ...base, lines: [...base.lines, TOKEN_LINE, TOKEN_LINE] },
      { ...base, target: `/mcp?access_token=${CANARY}` },
      { ...base, target: `/${CANARY}` },
      { ...base, body: `{"${CANARY}` },
      { ...base, body: body.replace('"id":1', '"id":"broken"') },
      { ...base, verb: CANARY.toUpperCase() },
      { ...base, lines: [...base.lines, ['Origin', `https://${CANARY}.example`] as const] },
      { ...base, lines: [...base.lines, ['Bad Name', CANARY] as const] },
      { ...base, lines: [...base.lines, ['X-Filler', CANARY.repeat(2000)] as const] },
    ]) {
      const answer = (await exchange(port, attacked().toBytes(request))).toString('latin1');
      assert.match(answer, /^HTTP\/1\.1 [45]/);
      assert.equal(answer.includes(CANARY), false, answer);
    }
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
    await upstream.close();
    await rm(folder, { recursive: true });
  }
  const text = log.join('\n');
  assert.match(text, /request refused/);
  assert.equal(text.includes(CANARY), false, text);
});

async function readPort(child: ChildProcess, log: string[]): Promise<number> {
  if (child.stdout === null || child.stderr === null) throw new Error('a child without pipes');
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(log.join('\n'))));
    lines.on('line', (line) => {
      log.push(line);
      const { msg, port } = JSON.parse(line) as { msg: string; port: number };
      if (msg === 'listening') resolve(port);
    });
  });
}

function assertNoCanary(answer: { readonly text: string; readonly headers: ReadonlyMap<string, string> }): void {
  assert.equal(answer.text.includes(CANARY), false);
  assert.equal([...answer.headers.values()].join().includes(CANARY), false);
}
