// The loops of conditions: all, exists, exists_one, map and filter; every turn is paid for.
import { compileNode, type Node } from './compile-node.ts';
import { ConditionFault } from './fault.ts';
import type { Frame, Step } from './frame.ts';
import type { Scope } from './scope.ts';
import { EXHAUSTED, Failure, isList, isMap, type Outcome, PlainList, type Value, WRONG_TYPE } from './value.ts';

/** @returns undefined to go on with the next item */
type Turn = (item: Outcome, outcome: Outcome) => Outcome | undefined;

export const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

export function compileMacro(name: string, over: Step, args: readonly Node[], scope: Scope): Step {
  const variable = args[0]?.op === 'id' ? (args[0].args as string) : '';
  if (variable === '') throw new ConditionFault(`${name} needs the name of a variable first`);
  const slot = scope.enter(variable);
  const before = scope.size;
  const [first, second] = args.slice(1).map((arg) => compileNode(arg, scope)) as [Step, Step | undefined];
  const cost = scope.size - before + 1;
  scope.leave();
  const loop = { slot, cost, body: first };
  const run = (frame: Frame, items: readonly Outcome[]): Outcome => {
    switch (name) {
      case 'all':
        return quantify(frame, items, loop, false);
      case 'exists':
        return quantify(frame, items, loop, true);
      case 'exists_one':
        return countOne(frame, items, loop);
      case 'filter':
        return select(frame, items, loop, undefined);
      default:
        return second === undefined ? transform(frame, items, loop) : select(frame, items, loop, second);
    }
  };
  return (frame) => {
    const items = toItems(over(frame));
    return items instanceof Failure ? items : run(frame, items);
  };
}

function toItems(range: Outcome): readonly Outcome[] | Failure {
  if (range instanceof Failure) return range;
  return isList(range) ? range.items() : isMap(range) ? range.names() : WRONG_TYPE;
}

interface Loop {
  readonly slot: number;
  /** Steps of one turn. */
  readonly cost: number;
  readonly body: Step;
}

/** @returns what `turn` ends with, or undefined when every item was seen */
function eachTurn(
  frame: Frame,
  items: readonly Outcome[],
  { slot, cost, body }: Loop,
  turn: Turn,
): Outcome | undefined {
  for (const item of items) {
    if (!frame.spend(cost)) return EXHAUSTED;
    frame.locals[slot] = item;
    const ended = turn(item, body(frame));
    if (ended !== undefined) return ended;
  }
  return undefined;
}

/** One item that decides is enough, whatever others failed with. */
function quantify(frame: Frame, items: readonly Outcome[], loop: Loop, decisive: boolean): Outcome {
  let failure: Failure | undefined;
  const ended = eachTurn(frame, items, loop, (_, holds) => {
    if (holds === decisive) return decisive;
    if (typeof holds !== 'boolean') failure ??= holds instanceof Failure ? holds : WRONG_TYPE;
    return undefined;
  });
  return ended ?? failure ?? !decisive;
}

function countOne(frame: Frame, items: readonly Outcome[], loop: Loop): Outcome {
  let count = 0;
  const ended = eachTurn(frame, items, loop, (_, holds) => {
    if (holds === true) count++;
    return typeof holds === 'boolean' ? undefined : holds instanceof Failure ? holds : WRONG_TYPE;
  });
  return ended ?? count === 1;
}

function transform(frame: Frame, items: readonly Outcome[], loop: Loop): Outcome {
  const made: Value[] = [];
  const ended = eachTurn(frame, items, loop, (_, outcome) => {
    if (outcome instanceof Failure) return outcome;
    made.push(outcome);
    return undefined;
  });
  return ended ?? new PlainList(made);
}

/** @param change what becomes of the items that are kept */
function select(frame: Frame, items: readonly Outcome[], loop: Loop, change: Step | undefined): Outcome {
  const kept: Outcome[] = [];
  const ended = eachTurn(frame, items, loop, (item, holds) => {
    if (typeof holds !== 'boolean') return holds instanceof Failure ? holds : WRONG_TYPE;
    if (!holds) return undefined;
    const value = change === undefined ? item : change(frame);
    if (change !== undefined && value instanceof Failure) return value;
    kept.push(value);
    return undefined;
  });
  return ended ?? new PlainList(kept);
}
