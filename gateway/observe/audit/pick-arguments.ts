// Picks the few arguments of a call that the configuration wants in the audit trail; every other one stays out of it.
import { hash } from 'node:crypto';
import type { PickedArgument } from '../../exchange.ts';
import type { Envelope } from '../../mcp/envelope.ts';
import { eachItem, findMember, readString, type Span } from '../../mcp/json-walk.ts';
import { compileNamePattern } from '../../mcp/name-pattern.ts';
import { cutText } from '../log-name.ts';

/** One argument of some tools that is written down. */
export interface AuditedArgument {
  /** Glob of tools. */
  readonly tool: string;
  /** JSON Pointer (RFC 6901) into the arguments. */
  readonly pointer: string;
  readonly as: 'value' | 'digest';
}

/** Takes the body that the envelope was read from. @returns undefined when there is nothing to write down */
export type ArgumentPicker = (envelope: Envelope, body: Buffer) => readonly PickedArgument[] | undefined;

/** @returns undefined when no argument is ever written down */
export function makeArgumentPicker(audited: readonly AuditedArgument[]): ArgumentPicker | undefined {
  if (audited.length === 0) return undefined;
  const compiled = audited.map(({ tool, pointer, as }) => ({
    matches: compileNamePattern(tool),
    pointer,
    as,
    steps: pointer.split('/').slice(1).map(toStep),
  }));
  return ({ method, name, paramsStart }, body) => {
    if (method.name !== 'tools/call' || name === undefined) return undefined;
    let given: Span | undefined;
    let picked: PickedArgument[] | undefined;
    for (const { matches, pointer, as, steps } of compiled) {
      if (!matches(name)) continue;
      given ??= findMember(body, paramsStart, 'arguments');
      if (given === undefined) return undefined;
      const found = findPlace(body, given, steps);
      if (found !== undefined) (picked ??= []).push(pick(body, found, pointer, as));
    }
    return picked;
  };
}

function toStep(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function findPlace(body: Buffer, from: Span, steps: readonly string[]): Span | undefined {
  let at: Span | undefined = from;
  for (const step of steps) {
    at = body[at.start] === 0x5b ? findItem(body, at.start, step) : findMember(body, at.start, step);
    if (at === undefined) return undefined;
  }
  return at;
}

/** RFC 6901 section 4: an index has no leading zero. */
function findItem(body: Buffer, open: number, step: string): Span | undefined {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(step)) return undefined;
  const wanted = Number(step);
  let index = 0;
  let found: Span | undefined;
  eachItem(body, open, (start, end) => {
    if (index++ === wanted) found = { start, end };
  });
  return found;
}

function pick(body: Buffer, { start, end }: Span, pointer: string, as: AuditedArgument['as']): PickedArgument {
  const text = body[start] === 0x22 ? readString(body, start, end) : undefined;
  if (as === 'value') {
    return text === undefined
      ? { pointer, as: 'json', value: cutText(body.toString('utf8', start, end)) }
      : { pointer, as: 'text', value: cutText(text) };
  }
  // However a string was escaped in the body, it has one digest.
  const value = hash('sha256', text === undefined ? body.subarray(start, end) : JSON.stringify(text));
  return { pointer, as: 'sha256', value };
}
