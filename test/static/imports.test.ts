// One direction of imports, and a home for every package.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findImports } from './find-imports.ts';
import { findViolations } from './find-violations.ts';

const ROOT = join(import.meta.dirname, '../..');

test('no file of the gateway imports in a direction that is not its own', () => {
  const paths = globSync('gateway/**/*.ts', { cwd: ROOT });
  assert(paths.length > 50, `${paths.length} files`);
  const files = new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(ROOT, path), 'utf8')]));
  assert.deepEqual(findViolations(files), []);
});

const FORBIDDEN: readonly (readonly [path: string, source: string])[] = [
  ['gateway/identity/a.ts', "import { x } from '../policy/x.ts';"],
  ['gateway/policy/a.ts', "import type { X } from '../identity/x.ts';"],
  ['gateway/upstream/a.ts', "import {\n  type X,\n  y,\n} from '../response/x.ts';"],
  ['gateway/response/a.ts', "export { x } from '../upstream/x.ts';"],
  ['gateway/response/a.ts', "export * from '../observe/x.ts';"],
  ['gateway/quota/a.ts', "import '../sealing/x.ts';"],
  ['gateway/sealing/a.ts', "const x = await import('../quota/x.ts');"],
  ['gateway/observe/deep/a.ts', "import { x } from '../../upstream/x.ts';"],
  ['gateway/upstream/a.ts', "import { handle } from '../pipeline.ts';"],
  ['gateway/upstream/a.ts', "import { x } from '../edge/x.ts';"],
  ['gateway/upstream/a.ts', "import { x } from '../config/x.ts';"],
  ['gateway/mcp/a.ts', "import type { X } from '../exchange.ts';"],
  ['gateway/mcp/a.ts', "import { x } from '../identity/x.ts';"],
  ['gateway/refusal.ts', "import { x } from './mcp/x.ts';"],
  ['gateway/exchange.ts', "import type { X } from './upstream/x.ts';"],
  ['gateway/pipeline.ts', "import { x } from './mcp/envelope.ts';"],
  ['gateway/pipeline.ts', "import { x } from './upstream/route.ts';"],
  ['gateway/edge/a.ts', "import { x } from '../identity/x.ts';"],
  ['gateway/edge/a.ts', "import { x } from '../app.ts';"],
  ['gateway/app.ts', "import { x } from './main.ts';"],
  ['gateway/app.ts', "import { x } from './process/x.ts';"],
  ['gateway/config/a.ts', "import { x } from '../cli/x.ts';"],
  ['gateway/mcp/a.ts', "import { x } from '../../test/support/x.ts';"],
  ['gateway/upstream/a.ts', "import fastify, { type FastifyInstance } from 'fastify';"],
  ['gateway/app.ts', "import fastify from 'fastify';"],
  ['gateway/edge/a.ts', "import { Pool } from 'undici';"],
  ['gateway/edge/a.ts', "import type { Pool } from 'undici/types/pool.js';"],
  ['gateway/edge/a.ts', "import { pino } from 'pino';"],
  ['gateway/mcp/a.ts', "import { z } from 'zod';"],
  ['gateway/policy/a.ts', "import { parse } from 'yaml';"],
  ['gateway/main.ts', "import { Command } from 'commander';"],
  ['gateway/upstream/a.ts', "import { x } from '@modelcontextprotocol/server';"],
  ['gateway/edge/a.ts', "import x from 'some-package-without-a-home';"],
  ['gateway/edge/a.ts', "const x = require('undici');"],
];

test('the check finds every forbidden import that is put before it', () => {
  for (const [path, source] of FORBIDDEN)
    assert.equal(findViolations(new Map([[path, source]])).length, 1, `${path} ${source}`);
});

test('the check lets through what is allowed, and is not fooled by other code', () => {
  const sources: readonly (readonly [path: string, source: string])[] = [
    [
      'gateway/identity/a.ts',
      "import { x } from './b.ts';\nimport { y } from '../mcp/y.ts';\nimport { z } from '../refusal.ts';",
    ],
    ['gateway/upstream/a.ts', "import type { X } from '../exchange.ts';\nimport { Pool } from 'undici';"],
    ['gateway/config/shape/a.ts', "import { z } from 'zod';\nimport { x } from '../b.ts';"],
    ['gateway/app.ts', "import type { FastifyInstance } from 'fastify';\nimport { x } from './upstream/x.ts';"],
    ['gateway/cli/a.ts', "import { serve } from '../main.ts';\nimport { x } from '../process/x.ts';"],
    ['gateway/mcp/a.ts', "export function take() { return 'x'; }\nconst words = `import from ${'undici'}`;"],
    ['gateway/mcp/a.ts', "// import { x } from '../policy/x.ts';\nexport const from = 'undici';"],
  ];
  for (const [path, source] of sources) assert.deepEqual(findViolations(new Map([[path, source]])), [], source);
});

test('imports are found in every form they may be written in', () => {
  const source = [
    "import a from 'a';",
    'import b, { type B } from "b";',
    "import type { C } from 'c';",
    "import * as d from 'd';",
    "import {\n  type E,\n  e as f,\n} from 'e';",
    "export { f } from 'f';",
    "export type { G } from 'g';",
    "export * as h from 'h';",
    "import 'i';",
    "  const j = await import('j');",
    "import type from 'k';",
    "import { type L } from 'l';",
    "import type M from 'm';",
  ].join('\n');
  const found = findImports(source).toSorted((x, y) => (x.specifier < y.specifier ? -1 : 1));
  assert.equal(found.map(({ specifier }) => specifier).join(''), 'abcdefghijklm');
  assert.equal(
    found
      .filter(({ isType }) => isType)
      .map(({ specifier }) => specifier)
      .join(''),
    'cgm',
  );
});
