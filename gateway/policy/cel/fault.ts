// Why the text of a condition cannot be taken.

/** Thrown while a condition is compiled, and turned into a message by `compileCondition`. */
export class ConditionFault extends Error {}
