// Reads what `tollgate explain` is asked: who calls, and what.
import { type Caller, readCaller } from '../config/read-caller.ts';
import { readFile } from '../config/read-file.ts';
import type { ParamValue } from '../exchange.ts';
import { parseStrictObject } from '../identity/strict-object.ts';
import { METHODS } from '../mcp/methods.ts';
import type { RehearsedCall } from './rehearsal-request.ts';

export interface ExplainArguments {
  /** JSON, or the name of a file with JSON: `as` of a policy test, or the payload of a token. */
  readonly as: string;
  /** `METHOD` or `METHOD:NAME`; the name may hold colons. */
  readonly call: string;
  /** JSON text of an object, or undefined. */
  readonly args: string | undefined;
  /** JSON text of an object of texts, integers and booleans, or undefined. */
  readonly params: string | undefined;
}

export interface ExplainRead {
  readonly caller: Caller;
  readonly call: RehearsedCall;
}

type Faults = { readonly faults: readonly string[] };

const MAX_FILE_BYTES = 2 ** 20;
/** As those of a token. */
const LIMITS = { maxDepth: 16, maxMembers: 1_000, notedDepth: 3 };
const ARGUED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'completion/complete']);

/** @returns what is asked, or all that is wrong with it */
export function readExplainArguments(asked: ExplainArguments, nowMs: number): ExplainRead | Faults {
  const caller = readAs(asked.as);
  const call = readCall(asked.call);
  const args = readObject('--args', asked.args ?? '{}');
  const params = readParams(asked.params ?? '{}');
  const faults = [caller, call, args, params].flatMap((read) => ('faults' in read ? read.faults : []));
  if (asked.args !== undefined && 'method' in call && !ARGUED.has(call.method)) {
    faults.push(`--args: ${call.method} has no arguments`);
  }
  if ('faults' in caller || 'faults' in call || 'faults' in params || faults.length > 0) return { faults };
  const { method, name } = call;
  const text = (asked.args ?? '{}').trim();
  return { caller: caller.caller, call: { method, name, args: text, params: params.params, nowMs } };
}

function readAs(as: string): { readonly caller: Caller } | Faults {
  const inPlace = as.trimStart().startsWith('{');
  const outcome = inPlace ? undefined : readFile(as, MAX_FILE_BYTES);
  if (outcome?.ok === false) return { faults: [`--as: the file ${outcome.why}; expected JSON, or a file with JSON`] };
  const value = parseStrictObject(outcome?.bytes ?? Buffer.from(as), LIMITS);
  // Of what was read nothing is repeated: it may be a token.
  if (value === undefined) return { faults: ['--as: is not one sound JSON object, such as the payload of a token'] };
  const read = readCaller(value);
  return 'faults' in read ? { faults: read.faults.map((fault) => `--as: ${fault}`) } : read;
}

function readCall(call: string): { readonly method: string; readonly name: string | undefined } | Faults {
  const colon = call.indexOf(':');
  const method = colon < 0 ? call : call.slice(0, colon);
  const name = colon < 0 ? undefined : call.slice(colon + 1);
  const known = METHODS.get(method);
  if (known === undefined)
    return { faults: [`--call: expected METHOD:NAME with one of ${[...METHODS.keys()].join(', ')}`] };
  const isNamed = known.mirrors !== undefined || method === 'completion/complete';
  if (isNamed && (name === undefined || name === ''))
    return { faults: [`--call: ${method} needs a name: ${method}:NAME`] };
  if (!isNamed && name !== undefined && method !== 'subscriptions/listen')
    return { faults: [`--call: ${method} has no name`] };
  return { method, name };
}

function readObject(option: string, text: string): { readonly value: Readonly<Record<string, unknown>> } | Faults {
  const value = parse(text)?.value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { value: value as Readonly<Record<string, unknown>> };
  }
  return { faults: [`${option}: expected a JSON object`] };
}

function readParams(text: string): { readonly params: ReadonlyMap<string, ParamValue> } | Faults {
  const read = readObject('--params', text);
  if ('faults' in read) return read;
  const params = new Map<string, ParamValue>();
  for (const [key, value] of Object.entries(read.value)) {
    if (typeof value === 'string' || typeof value === 'boolean') params.set(key.toLowerCase(), value);
    else if (Number.isSafeInteger(value)) params.set(key.toLowerCase(), BigInt(value as number));
    else return { faults: ['--params: expected texts, integers and booleans'] };
  }
  return { params };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
