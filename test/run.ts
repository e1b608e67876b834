// `npm test`: sees that what the tests need is there, then runs all of them.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Program {
  readonly name: string;
  readonly debianPackage: string;
  readonly why: string;
}

const PROGRAMS: readonly Program[] = [
  { name: 'openssl', debianPackage: 'openssl', why: 'the TLS tests make their own certificates' },
  { name: 'redis-server', debianPackage: 'redis-server', why: 'quotas are counted in a real Redis' },
  { name: 'promtool', debianPackage: 'prometheus', why: 'alerts and dashboards are tried on a real Prometheus' },
];

const root = join(import.meta.dirname, '..');

/** Installs what is missing where that is possible; says what to do where it is not. */
function prepare(): boolean {
  const missing = PROGRAMS.filter(({ name }) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (missing.length === 0) return true;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  process.stdout.write(`installing ${packages.join(' ')}\n`);
  const install = `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${packages.join(' ')}`;
  if (process.getuid?.() === 0 && spawnSync('sh', ['-c', install], { stdio: 'inherit' }).status === 0) return true;
  for (const { name, why } of missing) process.stderr.write(`npm test needs ${name}: ${why}.\n`);
  process.stderr.write(`Install with: sudo apt-get install ${packages.join(' ')}\n`);
  return false;
}

/** Runs node's test runner over the given patterns, or over everything. */
function runTests(patterns: readonly string[]): Promise<number> {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 24) {
    process.stderr.write(`npm test needs Node 24 or newer, this is ${process.version}: run npm ci first.\n`);
    return Promise.resolve(1);
  }
  const args = ['--test', '--test-timeout=240000', '--test-reporter=spec'];

  const child = spawn(process.execPath, [...args, ...patterns], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

const { positionals } = parseArgs({ allowPositionals: true });
const patterns = positionals.length > 0 ? positionals : ['test/**/*.test.ts'];
process.exitCode = prepare() ? await runTests(patterns) : 1;
