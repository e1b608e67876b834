// Says by other means than the scanner which documented ambiguities a JSON text holds: decode, JSON.parse, then its tokens.

export type Ambiguity = 'duplicate' | 'surrogate' | 'nul_in_name' | 'depth' | 'members';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** @returns undefined when the bytes are no JSON at all, for a decoder that replaces nothing and strips nothing */
export function findAmbiguities(bytes: Buffer): ReadonlySet<Ambiguity> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return readTokens(text.match(TOKEN) ?? []);
  } catch {
    return undefined;
  }
}

function readTokens(tokens: readonly string[]): ReadonlySet<Ambiguity> {
  const found = new Set<Ambiguity>();
  const open: Set<string>[] = [];
  let members = 0;
  for (const [at, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    if (open.length > 64) found.add('depth');
    if (!token.startsWith('"')) continue;
    const value = JSON.parse(token) as string;
    if (!value.isWellFormed()) found.add('surrogate');
    if (tokens[at + 1] !== ':') continue;
    const names = open.at(-1) as Set<string>;
    if (names.has(value)) found.add('duplicate');
    names.add(value);
    if (value.includes('\0')) found.add('nul_in_name');
    if (++members > 10_000) found.add('members');
  }
  return found;
}
