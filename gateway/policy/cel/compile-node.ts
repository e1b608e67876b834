// Compiles the checked syntax tree of a condition into steps: what is not known here cannot be in a condition.

import { calculate, order, toInt } from './arithmetic.ts';
import { areEqual, isIn } from './compare.ts';
import { compileCall, compileMethod } from './compile-call.ts';
import { compileStrict } from './compile-strict.ts';
import { ConditionFault } from './fault.ts';
import type { Frame, Step } from './frame.ts';
import { TYPE_NAMES } from './functions.ts';
import type { Scope } from './scope.ts';
import {
  Failure,
  isList,
  isMap,
  type Outcome,
  PlainList,
  PlainMap,
  TypeName,
  type Value,
  WRONG_TYPE,
} from './value.ts';
import { VARIABLES } from './variables.ts';

/** A node as the parser makes it: what it is, and its parts. */
export interface Node {
  readonly op: string;
  readonly args: unknown;
}

const NOT_HERE = new Failure('there is no such member or item');

/** @throws ConditionFault for what conditions cannot do */
export function compileNode(node: Node, scope: Scope): Step {
  scope.countNode();
  const parts = node.args as readonly Node[];
  switch (node.op) {
    case 'value':
      return compileLiteral(node.args);
    case 'id':
      return compileName(node.args as string, scope);
    case '.':
      return compileMember(parts[0] as Node, node.args as readonly [Node, string], scope);
    case '[]':
      return compileIndex(parts, scope);
    case '&&':
    case '||':
      return compileLogic(node.op === '||', parts, scope);
    case '?:':
      return compileChoice(parts, scope);
    case '!_':
    case '-_':
      return compileUnary(node.op, node.args as Node, scope);
    case 'list':
      return compileList(parts, scope);
    case 'map':
      return compileMap(node.args as readonly (readonly [Node, Node])[], scope);
    case 'call':
      return compileCall(node.args as readonly [string, readonly Node[]], scope);
    case 'rcall':
      return compileMethod(node.args as readonly [string, Node, readonly Node[]], scope);
    default:
      return compileBinary(node.op, parts, scope);
  }
}

function compileLiteral(literal: unknown): Step {
  if (typeof literal === 'bigint' && toInt(literal) instanceof Failure) {
    throw new ConditionFault(`${literal} is beyond what an int holds`);
  }
  const isPlain = literal === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof literal);
  if (!isPlain) throw new ConditionFault('bytes and unsigned literals are not available: write "text" and 5');
  return () => literal as Value;
}

function compileName(name: string, scope: Scope): Step {
  const slot = scope.find(name);
  if (slot !== undefined) return (frame) => frame.locals[slot] as Outcome;
  const variable = VARIABLES.get(name);
  if (variable !== undefined) {
    scope.used.add(name);
    return variable.read;
  }
  if (!TYPE_NAMES.has(name)) throw new ConditionFault(`${name} is not available`);
  const type = new TypeName(name);
  return () => type;
}

function compileMember(of: Node, [, name]: readonly [Node, string], scope: Scope): Step {
  const owner = compileNode(of, scope);
  const missing = new Failure(`there is no member ${name}`);
  const notMap = new Failure(`what should hold the member ${name} is not an object`);
  return (frame) => {
    const value = owner(frame);
    if (value instanceof Failure) return value;
    return isMap(value) ? orElse(value.get(name), missing) : notMap;
  };
}

/** `null` is a value like any other. */
function orElse(value: Outcome | undefined, missing: Failure): Outcome {
  return value === undefined ? missing : value;
}

function compileIndex([of, by]: readonly Node[], scope: Scope): Step {
  return compileStrict([of as Node, by as Node], scope, (_, value, key) => {
    if (isMap(value)) return typeof key === 'string' ? orElse(value.get(key), NOT_HERE) : WRONG_TYPE;
    if (!isList(value) || typeof key !== 'bigint') return WRONG_TYPE;
    const items = value.items();
    return items instanceof Failure ? items : orElse(items[Number(key)], NOT_HERE);
  });
}

/** What one side decides alone stands, whatever the other one failed with. */
function compileLogic(decisive: boolean, [a, b]: readonly Node[], scope: Scope): Step {
  const [left, right] = [compileNode(a as Node, scope), compileNode(b as Node, scope)];
  return (frame) => {
    const first = left(frame);
    if (first === decisive) return decisive;
    const second = right(frame);
    if (second === decisive) return decisive;
    if (typeof first !== 'boolean') return first instanceof Failure ? first : WRONG_TYPE;
    if (typeof second !== 'boolean') return second instanceof Failure ? second : WRONG_TYPE;
    return !decisive;
  };
}

function compileChoice([condition, yes, no]: readonly Node[], scope: Scope): Step {
  const test = compileNode(condition as Node, scope);
  const [left, right] = [compileNode(yes as Node, scope), compileNode(no as Node, scope)];
  return (frame) => {
    const holds = test(frame);
    if (holds === true) return left(frame);
    if (holds === false) return right(frame);
    return holds instanceof Failure ? holds : WRONG_TYPE;
  };
}

function compileUnary(op: string, of: Node, scope: Scope): Step {
  if (op === '-_' && of.op === 'value' && typeof of.args === 'bigint') {
    return compileLiteral(-of.args);
  }
  return compileStrict([of], scope, (_, value) => {
    if (op === '!_') return typeof value === 'boolean' ? !value : WRONG_TYPE;
    if (typeof value === 'bigint') return toInt(-value);
    return typeof value === 'number' ? -value : WRONG_TYPE;
  });
}

function compileList(items: readonly Node[], scope: Scope): Step {
  if (items.every(({ op }) => op === 'value')) {
    const list = new PlainList(items.map((item) => compileNode(item, scope)(undefined as unknown as Frame)));
    return () => list;
  }
  return compileStrict(items, scope, (_, ...values) => new PlainList(values));
}

function compileMap(entries: readonly (readonly [Node, Node])[], scope: Scope): Step {
  const names = entries.map(([key]) => {
    if (key.op !== 'value' || typeof key.args !== 'string') throw new ConditionFault('the keys of a map are texts');
    return key.args;
  });
  if (new Set(names).size < names.length) throw new ConditionFault('a map has a key twice');
  const values = entries.map(([, value]) => value);
  return compileStrict(
    values,
    scope,
    (_, ...held) => new PlainMap(new Map(names.map((name, at) => [name, held[at] as Value]))),
  );
}

function compileBinary(op: string, parts: readonly Node[], scope: Scope): Step {
  switch (op) {
    case '==':
      return compileCompared(parts, scope, areEqual);
    case '!=':
      return compileCompared(parts, scope, (frame, a, b) => {
        const equal = areEqual(frame, a, b);
        return typeof equal === 'boolean' ? !equal : equal;
      });
    case 'in':
      return compileCompared(parts, scope, isIn);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileStrict(parts, scope, (frame, a, b) => order(frame, op, a, b));
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return compileStrict(parts, scope, (frame, a, b) => calculate(frame, op, a, b));
    default:
      throw new ConditionFault(`${op} is not available`);
  }
}

type Comparison = (frame: Frame, a: Outcome, b: Outcome) => Outcome;

function compileCompared([a, b]: readonly Node[], scope: Scope, comparison: Comparison): Step {
  const [left, right] = [compileNode(a as Node, scope), compileNode(b as Node, scope)];
  return (frame) => comparison(frame, left(frame), right(frame));
}
