// Handles on their way: sealed in results, opened in arguments.
import type { Edit } from '../mcp/edits.ts';
import { findMember, readString, type Span } from '../mcp/json-walk.ts';
import { refuse } from '../refusal.ts';
import type { Asking, Caller } from './binding.ts';
import type { EndpointHandles, HandleRule, OpeningPlace } from './handles.ts';
import { followPointer } from './json-pointer.ts';
import { readPayload, writePayload } from './payload.ts';
import type { Sealer } from './sealer.ts';
import type { Seals } from './seals.ts';

/** A value that was opened, where it is repeated outside the body: in a `Mcp-Param-*` header. */
export interface Replacement {
  readonly sealed: string;
  /** The upstream's own JSON literal. */
  readonly literal: string;
}

export interface OpenedHandles {
  readonly edits: readonly Edit[];
  readonly opened: number;
  readonly replaced: readonly Replacement[];
}

const NOTHING: OpenedHandles = { edits: [], opened: 0, replaced: [] };
/** How the protected header of every seal begins, whatever its key. */
const SEAL_BEGIN = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"').toString('base64url');
const QUOTE = 0x22;
const LETTER_N = 0x6e;

/**
 * Opens the handles in the arguments of `tools/call`. An absent or null argument has none.
 *
 * @throws Refusal state_invalid for a seal that does not open for this caller and tool, for an unsealed value where a seal is
 *   required, and there also for a name that only its case tells from the configured one
 */
export function openHandles(request: Asking, handles: EndpointHandles, seals: Seals): OpenedHandles {
  const { body, envelope } = request;
  if (envelope.method.name !== 'tools/call' || envelope.name === undefined) return NOTHING;
  const places = handles.findOpened(envelope.name);
  const given = places.length === 0 ? undefined : findMember(body, envelope.paramsStart, 'arguments');
  if (given === undefined) return NOTHING;
  const edits: Edit[] = [];
  const replaced: Replacement[] = [];
  for (const place of places) {
    const { span, isAmbiguous } = followPointer(body, given, place.argument);
    if (isAmbiguous && place.required) refuse('state_invalid', { reason: 'handle' });
    if (span === undefined || body[span.start] === LETTER_N) continue;
    const found = openValue(request, span, place, seals);
    if (found === undefined) continue;
    edits.push({ start: span.start, end: span.end, text: found.literal });
    replaced.push(found);
  }
  return { edits, opened: edits.length, replaced };
}

/** @returns undefined for a value that was never sealed and need not be */
function openValue(request: Asking, { start, end }: Span, place: OpeningPlace, seals: Seals): Replacement | undefined {
  const text = request.body[start] === QUOTE ? readString(request.body, start, end) : '';
  const isSealed = text.startsWith(SEAL_BEGIN);
  for (const rule of isSealed ? place.rules : []) {
    const unsealed = seals.open(text, { purpose: 'handle', binding: rule.toBinding(request) });
    const payload = unsealed && readPayload(unsealed.payload);
    // A basket is no invoice, though both are this caller's.
    if (payload !== undefined && rule.fitsTool(payload.notes[0] as string))
      return { sealed: text, literal: payload.literal };
  }
  return isSealed || place.required ? refuse('state_invalid', { reason: 'handle' }) : undefined;
}

/**
 * Seals values of one rule in the results of one tool. Any literal may be sealed but `null`, which is no handle.
 *
 * @param tool the tool that was called
 */
export function makeHandleSealer(
  caller: Caller,
  rule: HandleRule,
  { seals, tool }: { seals: Seals; tool: string },
): Sealer {
  let binding: string | undefined;
  return {
    seal(literal) {
      binding ??= rule.toBinding(caller);
      return seals.seal(writePayload([tool], literal), { purpose: 'handle', binding, lifeMs: rule.ttlMs });
    },
  };
}
