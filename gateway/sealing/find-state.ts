// Finds what a second round of a request brings back: `requestState` and `inputResponses` (SEP-2322).
import type { Enveloped } from '../exchange.ts';
import { eachMember, type Span } from '../mcp/json-walk.ts';

export interface StateFields {
  /** Where the values stand in the body. */
  readonly requestState: Span | undefined;
  readonly inputResponses: Span | undefined;
}

const NONE: StateFields = { requestState: undefined, inputResponses: undefined };
const REQUEST_STATE = Buffer.from('requestState');
const INPUT_RESPONSES = Buffer.from('inputResponses');
/** Without this no letter of a name can be escaped. */
const ESCAPED_LETTER = Buffer.from('\\u00');

/** Looks at `params` member by member only when the bytes of the body could hold one of the two at all. */
export function findState({ body, envelope }: Pick<Enveloped, 'body' | 'envelope'>): StateFields {
  if (!body.includes(REQUEST_STATE) && !body.includes(INPUT_RESPONSES) && !body.includes(ESCAPED_LETTER)) return NONE;
  let requestState: Span | undefined;
  let inputResponses: Span | undefined;
  eachMember(body, envelope.paramsStart, (member) => {
    if (member.name === 'requestState') requestState = member;
    else if (member.name === 'inputResponses') inputResponses = member;
    return true;
  });
  return { requestState, inputResponses };
}
