// Seals configured values in the results of a tool, and the same values where they stand in its text.
import type { AnswerFault } from '../exchange.ts';
import { applyEdits, type Edit } from '../mcp/edits.ts';
import { eachItem, findMember, findRoot, readString, type Span } from '../mcp/json-walk.ts';
import type { AnswerEditor } from './answer-editor.ts';
import { LEAST_REPLACED, replaceWhole } from './replace-whole.ts';

/** One place in a result that holds a handle. */
export interface HandlePlace {
  /** Finds the value in the result that begins and ends there; ambiguous where two readers could find different ones. */
  readonly find: (message: Buffer, result: Span) => { readonly span: Span | undefined; readonly isAmbiguous: boolean };
  /** @returns what stands between quotes in its place; undefined when it is too long to come back */
  readonly seal: (literal: Buffer) => string | undefined;
}

/** A seal is longer than what it seals; an answer that repeats a value without end would grow beyond all bounds. */
const MAX_ADDED = 1024 * 1024;

/** Where the result of the tool stands: it is the answer, or what the task in it became (SEP-2663). */
export type ResultPlace = 'answer' | 'task';

/**
 * Puts a seal in each of the places, and wherever else the same value stands by itself in the text of `content`.
 *
 * @returns an editor whose fault is `malformed` where a place is ambiguous, `oversized` where a seal is too long
 */
export function makeHandleEditor(places: readonly HandlePlace[], place: ResultPlace): AnswerEditor {
  return {
    needsWhole: true,
    edit(message, kind) {
      if (kind !== 'result') return message;
      const answer = findMember(message, findRoot(message), 'result');
      if (answer === undefined) return 'malformed';
      const result = place === 'answer' ? answer : findMember(message, answer.start, 'result');
      if (result === undefined || message[result.start] !== 0x7b) return message;
      const edits = findEdits(message, result, places);
      return typeof edits === 'string' ? edits : applyEdits(message, edits);
    },
  };
}

function findEdits(message: Buffer, result: Span, places: readonly HandlePlace[]): readonly Edit[] | AnswerFault {
  const edits: Edit[] = [];
  const sealedTexts = new Map<string, string>();
  for (const { find, seal } of places) {
    const { span, isAmbiguous } = find(message, result);
    if (isAmbiguous) return 'malformed';
    if (span === undefined || message.toString('latin1', span.start, span.end) === 'null') continue;
    if (edits.some(({ start }) => start === span.start)) continue;
    const literal = message.subarray(span.start, span.end);
    const sealed = seal(literal);
    if (sealed === undefined) return 'oversized';
    edits.push({ start: span.start, end: span.end, text: `"${sealed}"` });
    const text = literal[0] === 0x22 ? readString(message, span.start, span.end) : literal.toString('utf8');
    if (text.length >= LEAST_REPLACED) sealedTexts.set(text, sealed);
  }
  if (sealedTexts.size > 0 && !addTextEdits(message, result.start, sealedTexts, edits)) return 'oversized';
  return edits;
}

/** @returns false when the texts would become too long */
function addTextEdits(message: Buffer, result: number, sealed: ReadonlyMap<string, string>, edits: Edit[]): boolean {
  const content = findMember(message, result, 'content');
  if (content === undefined || message[content.start] !== 0x5b) return true;
  let added = 0;
  eachItem(message, content.start, (start) => {
    const text = added > MAX_ADDED ? undefined : findMember(message, start, 'text');
    if (text === undefined || message[text.start] !== 0x22) return;
    const words = readString(message, text.start, text.end);
    let changed: string | undefined = words;
    for (const [value, seal] of sealed) changed &&= replaceWhole(changed, value, seal);
    added += changed === undefined ? Number.POSITIVE_INFINITY : changed.length - words.length;
    if (added <= MAX_ADDED && changed !== words)
      edits.push({ start: text.start, end: text.end, text: JSON.stringify(changed) });
  });
  return added <= MAX_ADDED;
}
