// Tells the version of this package.
import { readFileSync } from 'node:fs';

/** The version in package.json, which lies right above the sources and above the compiled files alike. */
export function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
