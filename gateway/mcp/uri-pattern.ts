// Matches URIs against globs in linear time: `*` stands for anything within one segment, `**` for anything at all.
import { compileNamePattern, type NamePattern } from './name-pattern.ts';

/**
 * Compiles a glob over URIs that `findUriFault` or `findTemplateFault` let pass.
 *
 * A segment ends at `/` and at the query, so that a `*` in the place of a host never takes in the query of another host; and
 * at the expressions `{+x}` and `{#x}` of a template (RFC 6570), which may become several segments. Everything but stars
 * stands for itself, case included.
 */
export function compileUriPattern(glob: string): NamePattern {
  const tokens = glob.split(/(\*+)/);
  const stars = tokens.filter((_, at) => at % 2 === 1);
  if (stars.every((star) => star.length > 1)) return compileNamePattern(glob.replace(/\*{2,}/g, '*'));
  const [head = ''] = tokens;
  const tail = tokens.at(-1) ?? '';
  const takesMiddle = stars.length === 1 ? isOneSegment : compileMiddle(tokens.slice(1, -1));
  return (uri) =>
    uri.length >= head.length + tail.length &&
    uri.startsWith(head) &&
    uri.endsWith(tail) &&
    takesMiddle(uri, head.length, uri.length - tail.length);
}

type Middle = (uri: string, start: number, end: number) => boolean;

const isOneSegment: Middle = (uri, start, end) => {
  for (let at = start; at < end; at++) if (endsSegment(uri, at)) return false;
  return true;
};

function endsSegment(uri: string, at: number): boolean {
  const unit = uri.charCodeAt(at);
  if (unit === 0x2f || unit === 0x3f) return true;
  if (unit !== 0x7b) return false;
  const operator = uri.charCodeAt(at + 1);
  return operator === 0x2b || operator === 0x23;
}

/**
 * Shift-And over the glob's states, 31 to a word: bit `i` says that the first `i` characters or stars of the glob took all
 * that was read. Each character of the URI costs the same, whatever was read before.
 *
 * @param tokens stars and literals in turn, beginning and ending with stars
 */
function compileMiddle(tokens: readonly string[]): Middle {
  const states = tokens.flatMap((token, at) => (at % 2 === 0 ? [token.length > 1 ? '**' : '*'] : token.split('')));
  const words = Math.floor(states.length / WORD) + 1;
  const anyStars = new Int32Array(words);
  const doubleStars = new Int32Array(words);
  const literals = new Map<number, Int32Array>();
  for (const [at, state] of states.entries()) {
    if (state === '*' || state === '**') setBit(anyStars, at);
    if (state === '**') setBit(doubleStars, at);
    if (state.startsWith('*')) continue;
    const unit = state.charCodeAt(0);
    const mask = literals.get(unit) ?? new Int32Array(words);
    setBit(mask, at);
    literals.set(unit, mask);
  }
  const none = new Int32Array(words);
  return (uri, start, end) => {
    const reached = new Int32Array(words);
    reached[0] = 1;
    skipStars(reached, anyStars);
    for (let at = start; at < end; at++) {
      const taken = literals.get(uri.charCodeAt(at)) ?? none;
      const staying = endsSegment(uri, at) ? doubleStars : anyStars;
      let carry = 0;
      let alive = 0;
      for (let word = 0; word < words; word++) {
        const now = reached[word] as number;
        const moved = now & (taken[word] as number);
        const next = (now & (staying[word] as number)) | ((moved << 1) & FULL) | carry;
        carry = moved >>> (WORD - 1);
        reached[word] = next;
        alive |= next;
      }
      if (alive === 0) return false;
      skipStars(reached, anyStars);
    }
    return ((reached[words - 1] as number) & (1 << (states.length % WORD))) !== 0;
  };
}

const WORD = 31;
const FULL = 0x7fffffff;

function setBit(mask: Int32Array, at: number): void {
  const word = Math.floor(at / WORD);
  mask[word] = (mask[word] as number) | (1 << (at % WORD));
}

/** A star may also take nothing; no two stand side by side, so once is enough. */
function skipStars(reached: Int32Array, stars: Int32Array): void {
  let carry = 0;
  for (let word = 0; word < reached.length; word++) {
    const now = (reached[word] as number) | carry;
    const skipped = now & (stars[word] as number);
    reached[word] = now | ((skipped << 1) & FULL);
    carry = skipped >>> (WORD - 1);
  }
}
