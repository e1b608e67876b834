// `tollgate check`: warnings about rules that can never matter; with `--live` also about names that nobody offers.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CheckSettings, runCheck } from '../../../gateway/cli/check.ts';
import { runLiveCheck } from '../../../gateway/cli/check-live.ts';
import { startFakeUpstream } from '../../support/fake-upstream.ts';
import { makeConfigDir } from '../config/make-config-dir.ts';
import { answerList, type ListServer } from '../upstream/list-server.ts';

type Pages = ListServer['pages'];

async function serve(t: TestContext, pages: Pages): Promise<string> {
  const fake = await startFakeUpstream((hit, response) => answerList({ pages, more: {} }, hit, response));
  t.after(() => fake.close());
  return fake.url;
}

function write(
  t: TestContext,
  rules: readonly string[],
  upstreams: Readonly<Record<string, string>>,
  endpoint: string,
): string {
  const dir = makeConfigDir(t);
  dir.write('access.yaml', `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  const lines = Object.entries(upstreams).map(([name, upstream]) => `  ${name}: ${upstream}\n`);
  return dir.write(
    'gateway.yaml',
    `identity: { issuers: [{ issuer: https://one.example.com }] }\nupstreams:\n${lines.join('')}endpoints:\n  /mcp: { ${endpoint}, access: [access.yaml] }\n`,
  );
}

async function run(command: (settings: CheckSettings) => number | Promise<number>, configFile: string) {
  const printed = { out: '', err: '' };
  const code = await command({
    configFile,
    env: {},
    out: { write: (text) => (printed.out += text) },
    err: { write: (text) => (printed.err += text) },
  });
  return { code, ...printed };
}

const NOWHERE = '{ instances: [http://127.0.0.1:9/mcp] }';
const toNames = (...names: readonly string[]) => [names.map((name) => ({ name }))];

test('rules that can never matter are warnings, and no error', async (t) => {
  const rules = [
    '{ id: all, allow: { tools: ["*"] }, to: { scopes: [a] } }',
    '{ id: again, allow: { tools: [x] }, to: { scopes: [a] } }',
    '{ id: gone, allow: { prompts: [p] }, to: { groups: [g] } }',
    '{ id: stop, deny: { prompts: ["*"] } }',
    '{ id: fine, deny: { tools: [y] } }',
  ];
  const { code, out, err } = await run(runCheck, write(t, rules, { x: NOWHERE }, 'upstream: x'));
  assert.equal(code, 0);
  assert.match(out, /^ok /);
  assert.deepEqual(err.split('\n'), [
    'warning: endpoints./mcp: the rule again can never matter: all says all of it already',
    'warning: endpoints./mcp: the rule gone can never matter: all that it allows is denied by stop',
    '',
  ]);
});

const RULES = [
  '{ id: a, allow: { tools: [get_x, get_y, "put_*", "*"], prompts: [p, "q_*"], resources: ["x://never"] }, to: { scopes: [s] } }',
  '{ id: b, deny: { tools: ["delete_*", "\\uFF47et_x"] } }',
];

test('names and globs that no upstream offers are warnings', async (t) => {
  const url = await serve(t, { tools: [...toNames('get_x'), ...toNames('put_z')], prompts: toNames('q_1') });
  const { code, err } = await run(runLiveCheck, write(t, RULES, { x: `{ instances: ["${url}"] }` }, 'upstream: x'));
  assert.equal(code, 0);
  assert.deepEqual(err.split('\n').slice(-5), [
    'warning: endpoints./mcp: the rule a: there is no tool get_y that an upstream of this endpoint offers',
    'warning: endpoints./mcp: the rule b: the glob delete_* fits no tool that an upstream of this endpoint offers',
    'warning: endpoints./mcp: the rule b: there is no tool ｇet_x that an upstream of this endpoint offers',
    'warning: endpoints./mcp: the rule a: there is no prompt p that an upstream of this endpoint offers',
    '',
  ]);
});

test('a name counts only where a route leads to it', async (t) => {
  const one = await serve(t, { tools: toNames('get_x', 'put_z') });
  const two = await serve(t, { tools: toNames('get_y') });
  const file = write(
    t,
    ['{ id: a, allow: { tools: [get_x, get_y, put_z] }, to: { scopes: [s] } }'],
    { one: `{ instances: ["${one}"] }`, two: `{ instances: ["${two}"] }` },
    'routes: [{ match: { names: ["put_*"] }, upstream: two }, { upstream: one }]',
  );
  const { err } = await run(runLiveCheck, file);
  assert.deepEqual(err.match(/there is no tool \S+/g), ['there is no tool get_y', 'there is no tool put_z']);
});

test('an upstream that does not answer is an error, and nothing is said of the names it might have', async (t) => {
  const { code, out, err } = await run(runLiveCheck, write(t, RULES.slice(0, 1), { x: NOWHERE }, 'upstream: x'));
  assert.equal(code, 1);
  assert.match(out, /^ok /);
  assert.match(err, /^error: upstreams\.x: did not give its list of tools$/m);
  assert.doesNotMatch(err, /offers/);
});

test('an upstream that needs a caller is not asked', async (t) => {
  const pages: Pages = { tools: toNames('x') };
  const fake = await startFakeUpstream((hit, response) => answerList({ pages, more: {} }, hit, response));
  t.after(() => fake.close());
  const upstream = `{ instances: ["${fake.url}"], resource: http://127.0.0.1:8080/mcp, credential: { forward: same-resource } }`;
  const { code, err } = await run(runLiveCheck, write(t, RULES.slice(0, 1), { x: upstream }, 'upstream: x'));
  assert.equal(code, 0, err);
  assert.match(err, /^warning: upstreams\.x: is asked on behalf of callers alone; its names were not looked at$/m);
  assert.equal(fake.hits.length, 0);
});

test('a configuration with errors is told, and nobody is asked', async (t) => {
  const { code, out } = await run(runLiveCheck, makeConfigDir(t).write('gateway.yaml', 'workers: 0\n'));
  assert.deepEqual({ code, out }, { code: 1, out: '' });
});
