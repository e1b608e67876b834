// Turns parsed YAML nodes into located plain data, filling in the environment and expanding aliases within bounds.
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml';
import { isConcealed } from './conceal.ts';
import { interpolate } from './interpolate.ts';
import type { Located } from './located.ts';
import { unmaskVariables } from './mask-variables.ts';
import type { Path, Problem } from './problem.ts';
import { quote } from './show-value.ts';

const MAX_DEPTH = 32;
const MAX_ALIASED_NODES = 10_000;
const NO_CHILDREN: ReadonlyMap<string | number, Located> = new Map();

export interface LocatedFile {
  readonly root: Located;
  readonly problems: readonly Problem[];
  /** Environment variables that were looked up. */
  readonly variables: ReadonlySet<string>;
}

type Node = ParsedNode | null;

/** Locates every node of a document. Problems: duplicate keys, bad aliases, missing variables, too much depth. */
export function locateNodes(contents: Node, env: NodeJS.ProcessEnv): LocatedFile {
  const problems: Problem[] = [];
  const variables = new Set<string>();
  const anchors = new Map<string, Located | undefined>();
  let aliasedNodes = 0;

  function refuse(at: number, path: Path, message: string): Located {
    problems.push({ path, say: () => message, at });
    return { value: null, at, children: NO_CHILDREN, size: 1, broken: true };
  }

  function walk(node: Node, path: Path, at: number): Located {
    if (node === null) return { value: null, at, children: NO_CHILDREN, size: 1 };
    if (path.length > MAX_DEPTH) return refuse(at, path, `is nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(node)) return followAlias(node.source, path, at);
    const { anchor } = node;
    if (anchor === undefined) return walkContent(node, path, at);
    anchors.set(anchor, undefined);
    const located = walkContent(node, path, at);
    anchors.set(anchor, located);
    return located;
  }

  function walkContent(node: ParsedNode, path: Path, at: number): Located {
    if (isMap(node)) return walkMap(node, path, at);
    if (isSeq(node)) return walkSeq(node, path, at);
    return walkScalar(isScalar(node) ? node.value : null, isScalar(node) ? node.source : undefined, path, at);
  }

  /** Every alias is counted with all it stands for, so a few lines cannot stand for millions. */
  function followAlias(name: string, path: Path, at: number): Located {
    const target = anchors.get(name);
    if (target === undefined) {
      const alias = isConcealed(path) ? 'alias' : `alias ${quote(`*${name}`)}`;
      return refuse(at, path, `the ${alias} has no finished anchor before it`);
    }
    aliasedNodes += target.size;
    if (aliasedNodes > MAX_ALIASED_NODES) {
      return refuse(at, path, `aliases stand for more than ${MAX_ALIASED_NODES} values`);
    }
    return { ...target, at };
  }

  function walkMap(node: YAMLMap.Parsed, path: Path, at: number): Located {
    const value: Record<string, unknown> = Object.create(null);
    const children = new Map<string | number, Located>();
    let size = 1;
    for (const pair of node.items) {
      const key = unmaskVariables(String(isScalar(pair.key) ? pair.key.value : pair.key));
      const keyAt = pair.key.range[0];
      if (children.has(key)) {
        refuse(keyAt, [...path, key], 'the key appears twice in this mapping');
        continue;
      }
      const child = walk(pair.value, [...path, key], keyAt);
      children.set(key, child);
      value[key] = child.value;
      size += child.size;
    }
    return { value, at, children, size };
  }

  function walkSeq(node: YAMLSeq.Parsed, path: Path, at: number): Located {
    const children = new Map<string | number, Located>();
    const value: unknown[] = [];
    let size = 1;
    for (const item of node.items as readonly ParsedNode[]) {
      const child = walk(item, [...path, value.length], item.range[0]);
      children.set(value.length, child);
      value.push(child.value);
      size += child.size;
    }
    return { value, at, children, size };
  }

  function walkScalar(raw: unknown, rawSource: string | undefined, path: Path, at: number): Located {
    const source = unmaskVariables(rawSource ?? String(raw));
    const plain = { value: raw, at, children: NO_CHILDREN, size: 1, source };
    if (typeof raw !== 'string') return plain;
    const text = unmaskVariables(raw);
    const filled = interpolate(text, env);
    if (!filled.ok) {
      return { ...refuse(at, path, filled.why), value: text, source };
    }
    if (filled.variables.length === 0) return { ...plain, value: filled.text };
    for (const name of filled.variables) variables.add(name);
    return { ...plain, value: filled.text, source: text, fromEnvironment: true };
  }

  return { root: walk(contents, [], contents?.range[0] ?? 0), problems, variables };
}
