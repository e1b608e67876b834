// The rules of who may import whom in gateway/, and what breaks them.
import { posix } from 'node:path';
import { findImports, type Import } from './find-imports.ts';

const STAGES = ['identity', 'policy', 'quota', 'sealing', 'upstream', 'response', 'observe'];

/** What a part of gateway/ may import besides itself; parts that are not named here are free but for `OUTER`. */
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...STAGES.map((stage) => [stage, ['mcp', 'exchange.ts', 'refusal.ts']] as const),
  ['mcp', ['refusal.ts']],
  ['refusal.ts', []],
  ['exchange.ts', ['mcp', 'refusal.ts']],
  ['pipeline.ts', ['exchange.ts', 'refusal.ts']],
  ['edge', ['mcp', 'exchange.ts', 'refusal.ts', 'pipeline.ts']],
  ['demo', ['mcp']],
]);

/** Where a process begins; nothing further in may know of it. */
const OUTER: ReadonlySet<string> = new Set(['main.ts', 'cli', 'process']);

/** Where a package may be imported; the name of a scope stands for all of its packages. */
const HOMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['fastify', ['edge']],
  ['@fastify', ['edge']],
  ['undici', ['upstream']],
  ['jose', ['identity', 'demo']],
  ['@marcbachmann', ['policy']],
  ['ioredis', ['quota']],
  ['prom-client', ['observe']],
  ['@opentelemetry', ['observe']],
  ['pino', ['observe']],
  ['pino-pretty', ['observe']],
  ['zod', ['config', 'demo']],
  ['yaml', ['config']],
  ['commander', ['cli']],
  ['@modelcontextprotocol', ['demo']],
]);

/** @param files sources by path, such as `gateway/mcp/methods.ts` */
export function findViolations(files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].flatMap(([path, source]) =>
    findImports(source)
      .filter((imported) => isViolation(path, imported))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
}

function isViolation(path: string, { specifier, isType }: Import): boolean {
  const from = toPart(path);
  if (specifier.startsWith('node:')) return false;
  if (!specifier.startsWith('.')) return !mayUsePackage(from, specifier, isType);
  const target = posix.join(posix.dirname(path), specifier);
  // Outside gateway/ is only package.json and the like; nothing of it is a module of ours.
  if (!target.startsWith('gateway/')) return true;
  const to = toPart(target);
  if (to === from) return false;
  if (OUTER.has(to)) return !OUTER.has(from);
  const allowed = ALLOWED.get(from);
  return allowed !== undefined && !allowed.includes(to);
}

function mayUsePackage(from: string, specifier: string, isType: boolean): boolean {
  const [name = ''] = specifier.split('/');
  if (from === 'app.ts' && name === 'fastify') return isType;
  return HOMES.get(name)?.includes(from) ?? false;
}

/** The folder right below gateway/, or the file that lies there. */
function toPart(path: string): string {
  return path.split('/')[1] ?? '';
}
