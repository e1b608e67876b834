// Compiles operations that need all of their operands.
import { compileNode, type Node } from './compile-node.ts';
import type { Step } from './frame.ts';
import type { Operation } from './functions.ts';
import type { Scope } from './scope.ts';
import { Failure, type Value } from './value.ts';

/** The first failure among the operands is the operation's own. */
export function compileStrict(nodes: readonly Node[], scope: Scope, operation: Operation): Step {
  const operands = nodes.map((node) => compileNode(node, scope));
  const [one, two] = operands;
  if (operands.length === 1 && one !== undefined) {
    return (frame) => {
      const value = one(frame);
      return value instanceof Failure ? value : operation(frame, value);
    };
  }
  if (operands.length === 2 && one !== undefined && two !== undefined) {
    return (frame) => {
      const a = one(frame);
      if (a instanceof Failure) return a;
      const b = two(frame);
      return b instanceof Failure ? b : operation(frame, a, b);
    };
  }
  return (frame) => {
    const values: Value[] = [];
    for (const operand of operands) {
      const value = operand(frame);
      if (value instanceof Failure) return value;
      values.push(value);
    }
    return operation(frame, ...values);
  };
}
