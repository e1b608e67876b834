// Compiles the calls of a condition: functions, methods, loops, `has`, and the parts of dates.
import { compileNode, type Node } from './compile-node.ts';
import { compileStrict } from './compile-strict.ts';
import { ConditionFault } from './fault.ts';
import type { Step } from './frame.ts';
import { FUNCTIONS, METHODS } from './functions.ts';
import { compileMacro, MACROS } from './macros.ts';
import type { Scope } from './scope.ts';
import { compileDatePart } from './times.ts';
import { EXHAUSTED, Failure, isMap, WRONG_TYPE } from './value.ts';

export function compileCall([name, args]: readonly [string, readonly Node[]], scope: Scope): Step {
  if (name === 'has') return compileHas(args[0] as Node, scope);
  const operation = FUNCTIONS.get(name);
  if (operation === undefined)
    throw new ConditionFault(`${name}() is not available; there are has, ${list(FUNCTIONS)}`);
  return compileStrict(args, scope, operation);
}

/** Whether a member is there; that it cannot be used does not count, that its owner cannot, does. */
function compileHas(field: Node, scope: Scope): Step {
  const [of, name] = field.args as readonly [Node, string];
  const owner = compileNode(of, scope);
  return (frame) => {
    const value = owner(frame);
    if (value instanceof Failure) return value;
    return isMap(value) ? value.get(name) !== undefined : WRONG_TYPE;
  };
}

export function compileMethod([name, of, args]: readonly [string, Node, readonly Node[]], scope: Scope): Step {
  if (name === 'matches') {
    throw new ConditionFault(
      'matches() is not available: use startsWith, endsWith, contains or split, which never take long',
    );
  }
  if (MACROS.has(name)) return compileMacro(name, compileNode(of, scope), args, scope);
  const zone = args[0];
  if (args.length <= 1 && (zone === undefined || (zone.op === 'value' && typeof zone.args === 'string'))) {
    const read = compileDatePart(name, zone?.args as string | undefined);
    if (read !== undefined) {
      const owner = compileNode(of, scope);
      return (frame) => (frame.spend(DATE_STEPS) ? read(owner(frame)) : EXHAUSTED);
    }
  }
  const operation = METHODS.get(name);
  if (operation === undefined) {
    throw new ConditionFault(`.${name}() is not available here; there are ${list(MACROS)}, ${list(METHODS)}`);
  }
  // Its own parameters are the frame, the receiver, and what it takes.
  if (operation.length !== args.length + 2)
    throw new ConditionFault(`.${name}() takes ${operation.length - 2} arguments`);
  return compileStrict([of, ...args], scope, operation);
}

/** Reading a date in a time zone takes microseconds. */
const DATE_STEPS = 200;

function list(names: { keys(): Iterable<string> }): string {
  return [...names.keys()].join(', ');
}
