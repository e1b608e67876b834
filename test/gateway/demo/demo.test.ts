// `tollgate demo`, run as a user runs it: as a process of its own, on ports the system chooses.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until, within } from '../../through/support/until.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DEADLINE_MS = 60_000;

interface Demo {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly exit: Promise<number | null>;
}

function startDemo(t: TestContext, ...args: readonly string[]): Demo {
  const command = ['gateway/node24.js', 'gateway/cli/tollgate.ts', 'demo', '--port', '0', '--admin-port', '0', ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { child, out: () => text, exit };
}

/** The claims of a token. */
function readClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

test('the demo makes its calls, gets the answers it must get, and ends with 0', async (t) => {
  const demo = startDemo(t, '--once');
  assert.equal(await within(DEADLINE_MS, 'the demo to end', demo.exit), 0);
  const steps = demo.out().trimEnd().split('\n');
  assert(steps.length >= 15, demo.out());
  for (const step of steps) assert.match(step, /^ok {4}/);
  for (const words of ['401 Bearer resource_metadata=', '"invalid_token"', '403 403', '"insufficient_scope"', '-32020'])
    assert(demo.out().includes(words), words);
});

test('the demo stays, prints two tokens and lines that work in a shell, and ends on SIGTERM', async (t) => {
  const demo = startDemo(t);
  await until('the demo is ready', () => demo.out().includes('Ctrl-C ends it.'), DEADLINE_MS);
  const tokens = [...demo.out().matchAll(/^(eyJ[\w-]+\.[\w-]+\.[\w-]+)$/gm)].map(([, token = '']) => token);
  assert.deepEqual(
    tokens.map((token) => readClaims(token)['sub']),
    ['alice', 'ada'],
  );
  const [, url] = /listens at (\S+), its admin listener at http:\/\/127\.0\.0\.1:\d+\./.exec(demo.out()) ?? [];
  for (const token of tokens) assert.equal(readClaims(token)['aud'], url);
  const calls = [...demo.out().matchAll(/^curl -sS http.*$/gm)].map(([line]) => line);
  const answers: string[] = [];
  for (const line of calls.slice(0, 3)) answers.push(await run(line));
  assert.match(answers[0] ?? '', /"result":/);
  assert.match(answers[1] ?? '', /"code":403,.*"reason":"denied"/);
  assert.match(answers[2] ?? '', /"code":-32020,/);
  demo.child.kill('SIGTERM');
  assert.equal(await within(DEADLINE_MS, 'the demo to end', demo.exit), 0);
});

/** Sends what a printed curl line says, read as a shell would read it; `curl` itself need not be there. */
async function run(line: string): Promise<string> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const headers = words.flatMap((word, at) =>
    words[at - 1] === '-H' ? [word.split(/: (.*)/s, 2) as [string, string]] : [],
  );
  const body = words[words.indexOf('-d') + 1] ?? '';
  const response = await fetch(words[2] ?? '', { method: 'POST', headers, body });
  return response.text();
}
