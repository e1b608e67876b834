// Finds the globs that fit a name by their literals, without trying every glob.
import type { NamePattern } from '../mcp/name-pattern.ts';

interface Held<T> {
  readonly matches: NamePattern;
  readonly value: T;
}

interface Trie<T> {
  next: Map<number, Trie<T>> | undefined;
  held: T | undefined;
}

const makeNode = <T>(): Trie<T> => ({ next: undefined, held: undefined });

/** By what stands before the first star, then behind the last one, then between two stars. */
type Heads<T> = Trie<Trie<Trie<Held<T>[]>>>;

/**
 * Tries over the literals of globs: the beginning of a name is looked up in the first one, its end, read backwards, in the
 * second, and what follows each of its places in the third. Only globs that agree in all three are matched.
 */
export class PatternIndex<T> {
  private readonly heads: Heads<T> = makeNode();
  private isEmpty = true;

  /** @param glob holds at least one star */
  add(glob: string, matches: NamePattern, value: T): void {
    const literals = glob.split('*');
    const head = descend(this.heads, literals[0] ?? '');
    head.held ??= makeNode();
    const tail = descend(head.held, reverse(literals.at(-1) ?? ''));
    tail.held ??= makeNode();
    const inner = descend(tail.held, literals.slice(1, -1).find((literal) => literal !== '') ?? '');
    inner.held ??= [];
    inner.held.push({ matches, value });
    this.isEmpty = false;
  }

  /** The values of all globs that fit; one may come more than once. */
  find(name: string): readonly T[] {
    const found: T[] = [];
    if (this.isEmpty) return found;
    let head: Heads<T> | undefined = this.heads;
    for (let at = 0; head !== undefined; at++) {
      let tail = head.held;
      for (let back = name.length - 1; tail !== undefined; back--) {
        if (tail.held !== undefined) findInside(tail.held, name, found);
        tail = back < 0 ? undefined : tail.next?.get(name.charCodeAt(back));
      }
      head = at === name.length ? undefined : head.next?.get(name.charCodeAt(at));
    }
    return found;
  }
}

/** Globs without a literal between stars stand at the root; the others are looked for from every place of the name. */
function findInside<T>(root: Trie<Held<T>[]>, name: string, found: T[]): void {
  addFitting(root.held, name, found);
  if (root.next === undefined) return;
  for (let start = 0; start < name.length; start++) {
    let node = root.next.get(name.charCodeAt(start));
    for (let at = start + 1; node !== undefined; at++) {
      addFitting(node.held, name, found);
      node = at === name.length ? undefined : node.next?.get(name.charCodeAt(at));
    }
  }
}

function addFitting<T>(candidates: readonly Held<T>[] | undefined, name: string, found: T[]): void {
  if (candidates === undefined) return;
  for (const { matches, value } of candidates) if (matches(name)) found.push(value);
}

function descend<T>(root: Trie<T>, text: string): Trie<T> {
  let node = root;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    node.next ??= new Map();
    let below = node.next.get(unit);
    if (below === undefined) {
      below = makeNode();
      node.next.set(unit, below);
    }
    node = below;
  }
  return node;
}

/** By code units, as they are read back one by one. */
function reverse(text: string): string {
  let reversed = '';
  for (let at = text.length - 1; at >= 0; at--) reversed += text.charAt(at);
  return reversed;
}
