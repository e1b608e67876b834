// Reads which extensions a client declares for one request (basic/index, "Capabilities"; MCP 2026-07-28).
import { isLookalike, makeFieldNames } from './field-names.ts';
import { eachMember } from './json-walk.ts';
import type { Opening } from './opening.ts';
import type { ForeignKey } from './read-params.ts';

/** Capabilities are governed, so no other reader may find them under a name that differs by case. */
const CAPABILITIES = makeFieldNames(['elicitation', 'experimental', 'extensions', 'roots', 'sampling']);
/** No client has a tenth of it. */
const MAX_CAPABILITIES = 256;
const NONE: readonly ForeignKey[] = [];
const EMPTY_OBJECT = '{}'.length;

/**
 * @param member where `clientCapabilities` stands, an object
 * @throws Refusal not_a_request for lookalike names; bad_params when `extensions` is no object
 */
export function readExtensions(opening: Opening, member: number): readonly ForeignKey[] {
  const { body, index } = opening;
  const start = index.valueStart[member] as number;
  if ((index.valueEnd[member] as number) - start === EMPTY_OBJECT) return NONE;
  let found = NONE;
  let seen = 0;
  eachMember(body, start, (capability) => {
    if (++seen > MAX_CAPABILITIES) opening.refuse('not_a_request', 'members');
    if (isLookalike(capability.name, CAPABILITIES)) opening.refuse('not_a_request', 'lookalike');
    if (capability.name === 'extensions') found = readMembers(opening, capability.start);
    return true;
  });
  return found;
}

function readMembers(opening: Opening, start: number): readonly ForeignKey[] {
  if (opening.body[start] !== 0x7b) return opening.refuse('bad_params', 'extensions');
  const extensions: ForeignKey[] = [];
  eachMember(opening.body, start, ({ name, nameStart, end }) => {
    if (extensions.push({ name, start: nameStart, end }) > MAX_CAPABILITIES) opening.refuse('not_a_request', 'members');
    return true;
  });
  return extensions;
}
