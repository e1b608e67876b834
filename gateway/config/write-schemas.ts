// Writes the JSON Schemas that editors read into policies/schema: `npm run schema`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeJsonSchemas } from './json-schemas.ts';

const DIRECTORY = path.join(import.meta.dirname, '../../policies/schema');

/** Contents by file name, as they are committed. */
export function makeSchemaFiles(): ReadonlyMap<string, string> {
  return new Map([...makeJsonSchemas()].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
}

if (import.meta.main) {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const [name, contents] of makeSchemaFiles()) writeFileSync(path.join(DIRECTORY, name), contents);
}
