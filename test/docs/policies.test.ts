// The guide to policies shows the examples as they are, and every example does what its tests say.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../gateway/cli/check.ts';
import { runExplain } from '../../gateway/cli/explain.ts';
import { runTest } from '../../gateway/cli/test.ts';
import { makeTestSchemaFiles } from '../../gateway/config/write-schemas.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'policies/examples');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const PAGE = read('docs/policies.md');
const names = readdirSync(EXAMPLES).toSorted();

function listen() {
  const printed = { out: '', err: '' };
  return {
    printed,
    io: {
      env: {},
      nowMs: () => Date.UTC(2026, 0, 30, 12),
      out: { write: (text: string) => (printed.out += text) },
      err: { write: (text: string) => (printed.err += text) },
    },
  };
}

test('the page is about five examples, and shows the rules of each as they are', () => {
  assert.deepEqual(names, ['per-team', 'per-tenant', 'read-only-agents', 'shadow', 'step-up']);
  const shown = [...PAGE.matchAll(/`(policies\/examples\/\S+)`:\n\n```yaml\n([^]*?)```/g)];
  assert.deepEqual(
    shown.map(([, file = '']) => file).toSorted(),
    names.map((name) => `policies/examples/${name}/access.yaml`),
  );
  assert.equal(PAGE.match(/```yaml/g)?.length, names.length);
  for (const [, file = '', text] of shown) assert.equal(text, read(file).replace(/^# yaml-language-server.*\n/, ''));
});

for (const name of names) {
  const configFile = join(EXAMPLES, name, 'gateway.yaml');

  test(`the example ${name} passes the check, and no rule of it is without meaning`, () => {
    const { printed, io } = listen();
    assert.equal(runCheck({ configFile, ...io }), 0);
    assert.equal(printed.err, '');
  });

  test(`the example ${name} decides as its tests say`, async () => {
    const { printed, io } = listen();
    assert.equal(await runTest({ configFile, ...io }), 0, printed.err);
    const [, passed = '', all = ''] = /: (\d+) of (\d+) cases/.exec(printed.out) ?? [];
    assert.equal(passed, all);
    assert.ok(Number(all) >= 5);
  });

  test(`every rule of the example ${name} decides, or would decide, in one of its tests`, () => {
    const tests = readdirSync(join(EXAMPLES, name, 'tests')).map((file) =>
      read(`policies/examples/${name}/tests/${file}`),
    );
    for (const [, rule = ''] of read(`policies/examples/${name}/access.yaml`).matchAll(/- id: (\S+)/g)) {
      assert.match(tests.join(''), new RegExp(`(?:rule|shadow): ${rule}\\n`));
    }
  });
}

test('the policy that is shipped decides as its tests say', async () => {
  const { printed, io } = listen();
  assert.equal(await runTest({ configFile: join(ROOT, 'policies/gateway.yaml'), ...io }), 0, printed.err);
});

test('what the page shows of explain is what it prints', async () => {
  const [, command = '', output] = /```\n\$ tollgate explain ([^]*?)\n(endpoint [^]*?)```/.exec(PAGE) ?? [];
  const option = (name: string): string | undefined =>
    new RegExp(`--${name} (?:'([^']*)'|(\\S+))`)
      .exec(command)
      ?.slice(1)
      .find((value) => value !== undefined);
  const { printed, io } = listen();
  const code = await runExplain({
    configFile: join(ROOT, option('config') ?? ''),
    as: option('as') ?? '',
    call: option('call') ?? '',
    args: option('args'),
    params: undefined,
    endpoint: undefined,
    ...io,
  });
  assert.deepEqual({ code, ...printed }, { code: 1, out: output, err: '' });
});

test('the committed schema of policy tests is the one the code makes: npm run schema', () => {
  for (const [name, contents] of makeTestSchemaFiles()) assert.equal(read(`policies/schema/${name}`), contents);
});

test('the page has a row for every key of policy tests', () => {
  const [schema = ''] = makeTestSchemaFiles().values();
  const { properties } = JSON.parse(schema) as {
    properties: Record<string, { items?: { properties?: Record<string, unknown> } }>;
  };
  for (const key of Object.keys(properties)) if (key !== 'cases') assert.match(PAGE, new RegExp(`\\| \`${key}\` `));
  for (const key of Object.keys(properties['cases']?.items?.properties ?? {})) {
    assert.ok(PAGE.includes(`\`cases[].${key}\``), key);
  }
});
