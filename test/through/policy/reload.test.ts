// Two policies take turns under load: every request is decided by one of them as a whole, and the audit trail says by which.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startFakeIssuer } from '../../support/fake-issuer.ts';
import { toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { RESOURCE, toGuardedConfig } from '../identity/support/guarded-gateway.ts';
import { startChildGateway, toConfig } from '../support/child-gateway.ts';
import { startUpstreams } from '../support/start.ts';
import { until } from '../support/until.ts';

const EVERYONE = { everyone: true };
/** What one allows the other denies, and no rule has the same id. */
const POLICIES = [
  [
    { id: 'a-allow', allow: { tools: ['*'] }, to: EVERYONE },
    { id: 'a-deny', deny: { tools: ['odd_*'] } },
  ],
  [
    { id: 'b-allow', allow: { tools: ['*'] }, to: EVERYONE },
    { id: 'b-deny', deny: { tools: ['even_*'] } },
  ],
] as const;
const RELOADS = 10;
const CALLS_BETWEEN = 300;
const CONNECTIONS = 24;
/** As many as were asked for; a slow machine sends fewer. */
const CALLS_PER_SECOND = 1000;

interface Entry {
  readonly audit: string;
  readonly name: string;
  readonly decision: string;
  readonly rule: string;
  readonly policy: string;
  readonly status: number;
}

async function start(t: TestContext) {
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-reload-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const audit = join(folder, 'audit.jsonl');
  const fleet = await startUpstreams(t, 2);
  const configs = await Promise.all(
    POLICIES.map(async (rules) => {
      const guarded = await toGuardedConfig(t, { identity: { issuers: [{ issuer: issuer.issuer }] }, rules });
      const telemetry = { log: { level: 'info' }, audit: { file: audit, flushEvery: '50ms' } };
      return toConfig(
        fleet.map(({ url }) => url),
        { ...guarded, telemetry },
      );
    }),
  );
  const exp = Math.floor(Date.now() / 1000) + 300;
  const token = await issuer.sign({ sub: 'ann', aud: RESOURCE, exp });
  const gateway = await startChildGateway(t, configs[0] ?? assert.fail());
  return { gateway, configs, token, audit };
}

/** Calls a tool on a connection that is kept; @returns status and text */
function call(agent: Agent, port: number, token: string, name: string): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    const headers = { ...Object.fromEntries(toHeaderLines('tools/call', name)), Authorization: `Bearer ${token}` };
    const sent = request({ agent, host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve([answer.statusCode ?? 0, text]));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(toRequestBody('tools/call', { name }));
  });
}

/** Sends calls at a steady rate, each with a name of its own, until told to stop. */
function startLoad(send: (name: string) => Promise<readonly [number, string]>) {
  const answers = new Map<string, number>();
  const failures: unknown[] = [];
  const began = performance.now();
  let count = 0;
  let isOver = false;
  const isEarly = (): boolean => count > ((performance.now() - began) * CALLS_PER_SECOND) / 1000;
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) {
      if (isEarly()) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      count++;
      const name = `${count % 2 === 0 ? 'even' : 'odd'}_${count}`;
      try {
        const [status, text] = await send(name);
        answers.set(name, status);
        if (status !== 200 && !(status === 403 && text.includes('"denied"'))) failures.push([status, text]);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  return {
    answers,
    failures,
    async stop(): Promise<number> {
      isOver = true;
      await Promise.all(workers);
      return Math.round((count / (performance.now() - began)) * 1000);
    },
  };
}

async function readEntries(file: string): Promise<readonly Entry[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Entry).filter(({ audit }) => audit === 'request');
}

test('no request is decided by parts of two policies, and none fails, while they take turns under load', async (t) => {
  const { gateway, configs, token, audit } = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 });
  t.after(() => agent.destroy());
  const send = (name: string) => call(agent, gateway.port, token, name);
  const load = startLoad(send);
  const probes = new Map<string, number>();
  for (let reload = 1; reload <= RELOADS; reload++) {
    const isA = reload % 2 === 0;
    await gateway.write(configs[reload % 2] ?? assert.fail());
    gateway.kill('SIGHUP');
    await gateway.waitForLog('configuration in force', reload);
    // What begins from now on is decided by the next policy.
    for (const kind of ['even', 'odd']) {
      const [status] = await send(`${kind}_probe_${reload}`);
      assert.equal(status, (kind === 'even') === isA ? 200 : 403);
      probes.set(`${kind}_probe_${reload}`, status);
    }
    const enough = load.answers.size + CALLS_BETWEEN;
    await until('calls go on', () => load.answers.size >= enough || load.failures.length > 0);
  }
  const rate = await load.stop();
  t.diagnostic(`${load.answers.size} calls, ${rate} a second, ${RELOADS} reloads`);
  assert.deepEqual(load.failures, []);
  gateway.kill('SIGTERM');
  await gateway.exit();

  const entries = await readEntries(audit);
  const answers = new Map([...load.answers, ...probes]);
  assert.equal(entries.length, answers.size);
  const owners = new Map<string, string>();
  for (const { name, decision, rule, policy, status } of entries) {
    const [owner = '', effect] = rule.split('-');
    if (!owners.has(policy)) owners.set(policy, owner);
    const denied = owner === 'a' ? 'odd' : 'even';
    const expected = name.startsWith(denied) ? 'deny' : 'allow';
    assert.deepEqual(
      { name, owner: owners.get(policy), effect, decision, status },
      {
        name,
        owner,
        effect: expected,
        decision: expected === 'deny' ? 'denied' : 'allowed',
        status: answers.get(name),
      },
    );
    assert.equal(status, expected === 'deny' ? 403 : 200);
  }
  assert.deepEqual([...owners.values()].toSorted(), ['a', 'b']);
});
