// The Dockerfile as its instructions, and what package.json and its lock say of the image.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

export const instructions: readonly Instruction[] = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ name: line.split(' ', 1)[0] as string, rest: line.slice(line.indexOf(' ') + 1) }));

export const lastFrom = instructions.findLastIndex(({ name }) => name === 'FROM');

/** Values of an instruction, over all stages. */
export const all = (name: string): readonly string[] =>
  instructions.flatMap((each) => (each.name === name ? [each.rest] : []));

/** The words of an instruction of the last stage in its JSON form. */
export function toWords(name: string): string[] {
  const rest = instructions.slice(lastFrom).find((each) => each.name === name)?.rest ?? '';
  return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optional?: boolean; readonly dev?: boolean }>>;
}
interface Package {
  readonly bin: { readonly tollgate: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
export const manifest = JSON.parse(read('package.json')) as Package;
export const { packages } = JSON.parse(read('package-lock.json')) as Lock;
