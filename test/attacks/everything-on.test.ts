// Story: each feature holds alone, but edits, seals, leases and editors meet in one request. With everything on, an attacker
// who owns tokens, states, tasks and handles sends thousands of spoiled requests, and a server gone mad gives spoiled answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../through/support/until.ts';
import { type EverythingOn, startEverythingOn, WIDTH } from './support/everything-on.ts';
import { ask, assertWellFormed, eachAtOnce, leave, type Message, toReason } from './support/everything-on-answers.ts';
import { assertForwarded } from './support/everything-on-forwarded.ts';
import { makeMadServer } from './support/everything-on-mad-server.ts';
import {
  type Given,
  makeRandom,
  makeTemplate,
  pick,
  spoil,
  spoilBody,
  toWire,
  twist,
} from './support/everything-on-requests.ts';
import { honestServer, RAW } from './support/everything-on-server.ts';
import { readAnswers } from './support/read-answers.ts';

const BATCHES = 10;
const BATCH = 300;
const ANSWERS = 1000;
const LEAVERS = 400;
const AS_IT_IS = (bytes: Buffer): Buffer => bytes;

type Who = keyof EverythingOn['tokens'];
const CALLERS: readonly Who[] = ['reader', 'reader', 'busy', 'guest', 'stranger'];
const PATHS = ['/mcp', '/hidden'] as const;
/** What must have happened, or the attack proves little. */
const REASONS = ['passed', 'not_json', 'not_a_request', 'bad_params', 'header_mismatch', 'denied', 'unknown_name'];
const SEALED_REASONS = ['state_invalid', 'scope_missing', 'unknown_method', 'malformed_http', 'token_invalid'];

interface Attack {
  readonly bytes: Buffer;
  /** Where the caller keeps what it is given. */
  readonly given: Given;
}

/** Remembers what the caller may bring back. */
function remember(given: Given, messages: readonly Message[]): void {
  const { requestState, taskId, structuredContent } = messages.at(-1)?.result ?? {};
  if (typeof requestState === 'string') given.states.push(requestState);
  if (typeof taskId === 'string') given.tasks.push(taskId);
  const basketId = (structuredContent as { basketId?: unknown } | undefined)?.basketId;
  if (typeof basketId === 'string') given.handles.push(basketId);
}

class Counts {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    this.#counts.set(reason, this.get(reason) + 1);
  }

  get(reason: string): number {
    return this.#counts.get(reason) ?? 0;
  }

  toString(): string {
    return JSON.stringify(Object.fromEntries(this.#counts));
  }
}

test('nothing gives way with everything on', { timeout: 60_000 }, async (t) => {
  const seed = Number(process.env['ATTACK_SEED'] ?? Date.now() % 2 ** 32);
  t.diagnostic(`ATTACK_SEED=${seed}`);
  const random = makeRandom(seed);
  const on = await startEverythingOn(t);
  const kept = new Map<string, Given>();
  let serial = 0;

  function makeAttack(callers: readonly Who[], spoilIt: (bytes: Buffer, random: () => number) => Buffer): Attack {
    const [who, target] = [pick(callers, random), pick(PATHS, random)];
    const given = kept.get(who + target) ?? { states: [], tasks: [], handles: [] };
    kept.set(who + target, given);
    const template = makeTemplate(random, given);
    const honest = toWire({ template, token: on.tokens[who], target, port: on.port, id: ++serial }, random);
    return { bytes: spoilIt(honest, random), given };
  }

  const findForwarded = () => on.server.hits.filter(({ message }) => !String(message.id).startsWith('tollgate-'));

  await t.test(`${BATCHES * BATCH} spoiled requests`, async () => {
    const counts = new Counts();
    for (let batch = 0; batch < BATCHES; batch++) {
      // The first batch is honest and hands out states, tasks and handles; the last one is spoiled header block and all.
      const ways = batch === 0 ? [AS_IT_IS] : batch === BATCHES - 1 ? [spoil] : [spoilBody, twist, twist, AS_IT_IS];
      const attacks = Array.from({ length: BATCH }, () => makeAttack(CALLERS, pick(ways, random)));
      await eachAtOnce(attacks, async ({ bytes, given }) => {
        const received = await ask(on, bytes);
        const why = `seed ${seed}: ${JSON.stringify([bytes.toString('latin1'), received.toString('latin1')])}`;
        const messages = assertWellFormed(on, received, why);
        for (const raw of Object.values(RAW)) assert.ok(bytes.includes(raw) || !received.includes(raw), why);
        counts.add(toReason(messages));
        remember(given, messages);
      });
    }
    t.diagnostic(String(counts));
    assert.equal(findForwarded().length, counts.get('passed'), `what was refused never went on; seed ${seed}`);
    for (const hit of findForwarded()) assertForwarded(hit, on.secrets[1] ?? '');
    for (const reason of [...REASONS, ...SEALED_REASONS])
      assert.ok(counts.get(reason) > 0, `no ${reason}: ${String(counts)}`);
  });

  await t.test(`${ANSWERS} spoiled answers`, async () => {
    const counts = new Counts();
    on.server.behave(makeMadServer(seed));
    const attacks = Array.from({ length: ANSWERS }, () => makeAttack(['reader', 'busy', 'guest'], AS_IT_IS));
    await eachAtOnce(attacks, async ({ bytes }) => {
      const received = await ask(on, bytes);
      const why = `seed ${seed}: ${JSON.stringify([bytes.toString('latin1'), received.toString('latin1')])}`;
      const messages = assertWellFormed(on, received, why, true);
      assert.doesNotMatch(received.toString('latin1'), /^set-cookie/im, why);
      const { resultType, taskId, requestState } = messages.at(-1)?.result ?? {};
      if (resultType === 'task') assert.ok(typeof taskId === 'string' && !taskId.startsWith(RAW.task), why);
      if (resultType === 'input_required') assert.ok(!JSON.stringify(requestState ?? '').includes(RAW.state), why);
      counts.add(toReason(messages));
    });
    t.diagnostic(String(counts));
    for (const reason of ['upstream_failed', 'passed']) assert.ok(counts.get(reason) > ANSWERS / 20, String(counts));
  });

  await t.test(`${LEAVERS} clients leave at any moment`, async () => {
    on.server.behave((hit, response) => {
      const timer = setTimeout(() => honestServer(hit, response), makeRandom(seed - Number(hit.message.id))() * 30);
      response.on('close', () => clearTimeout(timer));
    });
    const attacks = Array.from({ length: LEAVERS }, () => makeAttack(['reader', 'busy'], AS_IT_IS));
    await eachAtOnce(attacks, ({ bytes }) => {
      const cut = random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length;
      return leave(on.port, bytes.subarray(0, cut), random() * 40);
    });
  });

  await t.test('every lease came back, and nothing secret was written down', async () => {
    const IDLE = /^mcp_gateway_requests_in_flight 0$/m;
    await until('nothing is in flight', async () => IDLE.test(await on.app.metrics.registry.metrics()));
    const seen = findForwarded().length;
    const everyone = Promise.withResolvers<void>();
    on.server.behave(async (hit, response) => {
      if (findForwarded().length - seen >= WIDTH) everyone.resolve();
      await everyone.promise;
      honestServer(hit, response);
    });
    const template = { method: 'prompts/get', params: { name: 'open_prompt' }, name: 'open_prompt' };
    const parts = { template, token: on.tokens.reader, target: '/mcp', port: on.port };
    const wide = Array.from({ length: WIDTH }, (_, id) =>
      ask(
        on,
        toWire({ ...parts, id }, () => 0.9),
      ),
    );
    for (const received of await Promise.all(wide)) {
      assert.equal(readAnswers(received).answers[0]?.status, 200, received.toString('latin1'));
    }
    const written = { audit: await on.end(), log: on.logged() };
    for (const [where, text] of Object.entries(written)) {
      assert.ok(text.length > 1000, `${where} says nothing`);
      assert.doesNotMatch(text, /"internal"/, where);
      for (const secret of [...on.secrets, ...Object.values(on.tokens), ...Object.values(RAW)]) {
        assert.ok(!text.includes(secret), `${secret} stands in the ${where}; seed ${seed}`);
      }
    }
  });
});
