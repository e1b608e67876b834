// The trace context in `params._meta` (SEP-414): finds it, and says which bytes to change so that another one stands there.
import { type Edit, toInsertion } from './edits.ts';
import { eachMember, type Member, readString } from './json-walk.ts';

/** What of the trace context stands in `_meta`, and where. */
export interface MetaTraceContext {
  readonly traceparent: Member | undefined;
  readonly tracestate: Member | undefined;
}

/** @param metaStart where the object opens that is the value of `_meta` */
export function findMetaTraceContext(body: Buffer, metaStart: number): MetaTraceContext {
  let traceparent: Member | undefined;
  let tracestate: Member | undefined;
  eachMember(body, metaStart, (member) => {
    if (member.name === 'traceparent') traceparent = member;
    else if (member.name === 'tracestate') tracestate = member;
    return true;
  });
  return { traceparent, tracestate };
}

/** The text of a member; undefined when it is absent or no string. */
export function readMetaText(body: Buffer, member: Member | undefined): string | undefined {
  return member !== undefined && body[member.start] === 0x22 ? readString(body, member.start, member.end) : undefined;
}

/**
 * @param metaStart where the object opens; it must hold a member that stays, as `_meta` of a request always does
 * @param tracestate undefined: none is left
 * @returns the edits after which `_meta` holds this context and no other
 */
export function toTraceEdits(
  metaStart: number,
  found: MetaTraceContext,
  { traceparent, tracestate }: { readonly traceparent: string; readonly tracestate: string | undefined },
): readonly Edit[] {
  const edits: Edit[] = [];
  if (found.traceparent === undefined) edits.push(toInsertion(metaStart, `"traceparent":"${traceparent}"`));
  else edits.push({ start: found.traceparent.start, end: found.traceparent.end, text: `"${traceparent}"` });
  const text = JSON.stringify(tracestate);
  if (found.tracestate !== undefined) {
    const { nameStart, start, end } = found.tracestate;
    edits.push(text === undefined ? { start: nameStart, end, text: undefined } : { start, end, text });
  } else if (text !== undefined) {
    edits.push(toInsertion(metaStart, `"tracestate":${text}`));
  }
  return edits;
}
