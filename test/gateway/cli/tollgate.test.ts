// The binary: every command is there, and the answers of processes are 0, 1 and 2.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');

function run(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'gateway/cli/tollgate.ts'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { code: status, out: stdout, err: stderr };
}

test('help names every command', () => {
  const { code, out } = run('--help');
  assert.equal(code, 0);
  for (const name of ['serve', 'check', 'test', 'explain', 'keys', 'audit', 'demo']) {
    assert.match(out, new RegExp(`^ {2}${name}\\b`, 'm'));
  }
});

test('a command that is used wrongly answers 2', () => {
  assert.equal(run('explain', '--call', 'tools/list').code, 2);
  assert.equal(run('explain', '--as', '{', '--call', 'tools/list').code, 2);
});

const EXAMPLE = ['--config', 'policies/examples/per-team/gateway.yaml'];

test('explain answers 0 for a call that is allowed and 1 for one that is not', () => {
  const as = ['--as', '{"groups":["billing"]}', '--endpoint', '/mcp'];
  const allowed = run('explain', ...EXAMPLE, ...as, '--call', 'resources/read:billing://invoices/7');
  assert.equal(allowed.code, 0, allowed.err);
  assert.match(allowed.out, /^decision {2}allowed by billing-team$/m);
  assert.equal(run('explain', ...EXAMPLE, ...as, '--call', 'tools/call:invoice_void', '--args', '{}').code, 1);
});

test('test runs what lies beside the configuration', () => {
  const { code, out } = run('test', ...EXAMPLE);
  assert.equal(code, 0);
  assert.match(out, /^ok policies\/examples\/per-team\/gateway\.yaml: (\d+) of \1 cases are decided as they say\n$/);
});

test('check --live answers 1 when nobody is there', () => {
  const { code, err } = run('check', '--live', ...EXAMPLE);
  assert.equal(code, 1);
  assert.match(err, /^error: upstreams\.tools: did not give its list of tools$/m);
});

test('keys new and audit verify are there', () => {
  const key = run('keys', 'new', '--id', 'k1');
  assert.equal(key.code, 0);
  assert.match(key.out, /^- \{ id: "k1", secret: "[A-Za-z0-9+/]{43}=" \}\n$/);
  assert.equal(run('audit', 'verify', 'does/not/exist').code, 2);
});
