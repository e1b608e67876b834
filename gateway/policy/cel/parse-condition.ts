// Parses the text of a condition and checks its types, with the library's parser and checker; see decision 0019.
import { Environment, ParseError } from '@marcbachmann/cel-js';
import type { Node } from './compile-node.ts';
import { ConditionFault } from './fault.ts';
import { VARIABLES } from './variables.ts';

const MAX_LENGTH = 2048;
const LIMITS = { maxAstNodes: 400, maxDepth: 32, maxListElements: 256, maxMapEntries: 64, maxCallArguments: 4 };

const ENVIRONMENT = makeEnvironment();

function makeEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS });
  for (const [name, { declared }] of VARIABLES) environment.registerVariable({ name, ...declared });
  // Part of CEL, and missing in the library; only its type matters here.
  environment.registerFunction('int(google.protobuf.Timestamp): int', () => 0n);
  return environment;
}

/** @throws ConditionFault when it is not a condition: not CEL, a name or a type that does not exist, no `bool` */
export function parseCondition(text: string): Node {
  if (text.length > MAX_LENGTH) throw new ConditionFault(`is longer than ${MAX_LENGTH} characters`);
  if (!text.isWellFormed()) throw new ConditionFault('holds half a character');
  const parsed = parse(text);
  const { valid, type, error } = parsed.check();
  if (!valid) throw new ConditionFault(error === undefined ? 'has a wrong type' : describe(error));
  if (type !== 'bool' && type !== 'dyn') throw new ConditionFault(`is of type ${type}, where bool is needed`);
  return parsed.ast;
}

function parse(text: string): ReturnType<Environment['parse']> {
  try {
    return ENVIRONMENT.parse(text);
  } catch (error) {
    if (error instanceof ParseError) throw new ConditionFault(describe(error), { cause: error });
    throw new ConditionFault('is not CEL', { cause: error });
  }
}

interface Located {
  readonly summary: string;
  readonly range?: { readonly start: number };
}

function describe({ summary, range }: Located): string {
  const place = range === undefined ? '' : ` (at character ${range.start + 1})`;
  return `${summary}${place}`;
}
