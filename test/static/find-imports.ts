// Finds what a TypeScript file imports, also over several lines, without a parser of the language.

export interface Import {
  readonly specifier: string;
  /** The whole statement is erased: `import type` or `export type`. */
  readonly isType: boolean;
}

/** Between the keyword and `from` stand only names, commas, braces and stars; so nothing else of the language fits. */
const FROM = /^[ \t]*(?:import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?[\w$*\s,{}]*?\bfrom\s*['"]([^'"\n]+)['"]/gm;
const BARE = /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\b(?:import|require|createRequire\([^)]*\))\s*\(\s*['"`]([^'"`\n]+)['"`]/g;

export function findImports(source: string): readonly Import[] {
  return [
    ...[...source.matchAll(FROM)].map(([, type, specifier]) => ({
      specifier: specifier as string,
      isType: type !== undefined,
    })),
    ...[...source.matchAll(BARE), ...source.matchAll(DYNAMIC)].map(([, specifier]) => ({
      specifier: specifier as string,
      isType: false,
    })),
  ];
}
