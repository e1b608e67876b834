// Finds a question of a server that its client did not say it could answer (SEP-2322, "inputRequests").
import type { AnswerFault } from '../exchange.ts';
import { makeFieldScan } from '../mcp/field-scan.ts';
import { eachMember, readString, type Span, skipValue } from '../mcp/json-walk.ts';
import { walkFields } from './walk-result.ts';

/** Whether a question of this method, with these params, was declared as answerable. */
export type CanAnswer = (question: string, params: unknown) => boolean;

/**
 * @param requests the value of `inputRequests`
 * @returns `malformed` when these are no questions, `undeclared` when the client cannot answer one of them
 */
export function findQuestionFault(message: Buffer, requests: Span, canAnswer: CanAnswer): AnswerFault | undefined {
  if (message[requests.start] !== 0x7b) return 'malformed';
  let fault: AnswerFault | undefined;
  eachMember(message, requests.start, ({ start }) => {
    const question = readQuestion(message, start);
    if (question === undefined) fault = 'malformed';
    else if (!canAnswer(question.method, question.params)) fault = 'undeclared';
    return fault === undefined;
  });
  return fault;
}

const QUESTION_FIELDS = makeFieldScan(['method', 'params']);

interface Question {
  readonly method: string;
  readonly params: unknown;
}

/** @returns undefined when this is no question, or one that two readers could take for different ones */
function readQuestion(message: Buffer, open: number): Question | undefined {
  if (message[open] !== 0x7b) return undefined;
  let method: string | undefined;
  let params: unknown;
  const behind = walkFields(message, open, QUESTION_FIELDS, (field, _nameStart, start) => {
    const end = skipValue(message, start);
    if (field === 'method') method = message[start] === 0x22 ? readString(message, start, end) : undefined;
    else if (field === 'params') params = JSON.parse(message.toString('utf8', start, end));
    return end;
  });
  return behind < 0 || method === undefined ? undefined : { method, params };
}
