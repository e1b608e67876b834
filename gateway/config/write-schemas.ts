// Writes the JSON Schemas that editors read into policies/schema: `npm run schema`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeJsonSchemas } from './json-schemas.ts';
import { makePolicyTestsSchema } from './policy-tests-schema.ts';

const DIRECTORY = path.join(import.meta.dirname, '../../policies/schema');

/** Contents by file name, as they are committed: those of the configuration. */
export function makeSchemaFiles(): ReadonlyMap<string, string> {
  return new Map([...makeJsonSchemas()].map(([name, schema]) => [name, write(schema)]));
}

/** The same, of the files that `tollgate test` reads. */
export function makeTestSchemaFiles(): ReadonlyMap<string, string> {
  return new Map([['policy-tests.schema.json', write(makePolicyTestsSchema())]]);
}

const write = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

// Behind gateway/node24.js this is not the main module, but still the one that was asked for.
if (process.argv[1] === import.meta.filename) {
  mkdirSync(DIRECTORY, { recursive: true });
  const files = [...makeSchemaFiles(), ...makeTestSchemaFiles()];
  for (const [name, contents] of files) writeFileSync(path.join(DIRECTORY, name), contents);
}
