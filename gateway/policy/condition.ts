// A condition of a rule: a text in CEL, compiled at load, that holds, does not hold, or fails for one request.
import type { ParamValue, Principal } from '../exchange.ts';
import type { ArgumentValues } from './argument-values.ts';
import { compileNode } from './cel/compile-node.ts';
import { ConditionFault } from './cel/fault.ts';
import { Frame, type Step } from './cel/frame.ts';
import { parseCondition } from './cel/parse-condition.ts';
import { Scope } from './cel/scope.ts';
import { EXHAUSTED, Failure, WRONG_TYPE } from './cel/value.ts';

/** What a condition may ask about a request. */
export interface Facts {
  /** The method, or for a list the one that would use what is listed; undefined: not known. */
  readonly method: string | undefined;
  /** The tool, prompt, URI or template; undefined: not known. */
  readonly name: string | undefined;
  /** The endpoint's path. */
  readonly endpoint: string;
  /** Reads the arguments when a condition asks for them; keeps what it read. Undefined: nobody knows them yet, as in a list. */
  readonly args: (() => ArgumentValues) | undefined;
  /** Checked `Mcp-Param-*` values by their lower-case key; undefined: not known, so what asks for them fails. */
  readonly params: ReadonlyMap<string, ParamValue> | undefined;
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export type Compiled =
  | { readonly ok: true; readonly condition: Condition }
  /** What is wrong with the text, in words for its author. */
  | { readonly ok: false; readonly message: string };

/** Compiles the text of a `when`. What it takes and how much work it may do: docs/decisions/0019-conditions-in-cel.md. */
export function compileCondition(text: string): Compiled {
  try {
    const scope = new Scope();
    const step = compileNode(parseCondition(text), scope);
    return { ok: true, condition: new Condition(text, step, scope.used) };
  } catch (error) {
    if (error instanceof ConditionFault) return { ok: false, message: error.message };
    throw error;
  }
}

const NOTHING = {} as Facts;

export class Condition {
  readonly text: string;
  /** Whether it asks for `args` or `params`. */
  readonly usesArguments: boolean;
  readonly usesParams: boolean;
  /** What it always is, where it asks for nothing of the request. */
  readonly constant: boolean | 'failed' | undefined;
  private readonly usesName: boolean;
  private readonly usesMethod: boolean;
  private readonly step: Step;

  constructor(text: string, step: Step, used: ReadonlySet<string>) {
    this.text = text;
    this.step = step;
    this.constant = used.size === 0 ? this.evaluate(NOTHING) : undefined;
    this.usesParams = used.has('params');
    this.usesArguments = this.usesParams || used.has('args');
    this.usesName = used.has('name');
    this.usesMethod = used.has('method');
  }

  /** Whether these facts tell all that the condition asks for. */
  isDecidable(facts: Facts): boolean {
    if (this.usesArguments && facts.args === undefined) return false;
    if (this.usesName && facts.name === undefined) return false;
    return !(this.usesMethod && facts.method === undefined);
  }

  /** Never throws, and takes about a millisecond at most, whatever the arguments are. */
  evaluate(facts: Facts): boolean | 'failed' {
    const holds = this.judge(facts);
    return typeof holds === 'boolean' ? holds : 'failed';
  }

  /** The same, with the reason of a failure. */
  judge(facts: Facts): boolean | Failure {
    const frame = new Frame(facts);
    const outcome = this.step(frame);
    if (frame.isExhausted) return EXHAUSTED;
    return typeof outcome === 'boolean' || outcome instanceof Failure ? outcome : WRONG_TYPE;
  }
}
