// What conditions may ask about a request beside who sent it.
import type { Enveloped, OpenedTask } from '../exchange.ts';
import { applyEdits } from '../mcp/edits.ts';
import { findMember } from '../mcp/json-walk.ts';
import { type ArgumentValues, readArgumentValues } from './argument-values.ts';
import type { Facts } from './condition.ts';
import type { Kind } from './decide.ts';

const USES: Readonly<Record<Kind, string>> = {
  tool: 'tools/call',
  prompt: 'prompts/get',
  resource: 'resources/read',
  template: 'resources/read',
};

/**
 * The facts of a request that wants to use something. For a task they are those of the call that began it, whose arguments were
 * judged then and are not known any more.
 */
export function makeFacts(request: Enveloped, nowMs: number, task: OpenedTask | undefined): Facts {
  const { envelope, principal, endpoint, params } = request;
  const { name: method } = envelope.method;
  const base = { principal, endpoint: endpoint.path, nowMs, params };
  if (task !== undefined) return { ...base, method: USES.tool, name: task.tool, args: undefined };
  if (ARGUED.has(method)) return { ...base, method, name: envelope.name ?? '', args: makeReadArguments(request) };
  return { ...base, method, name: envelope.name ?? '', args: undefined };
}

/** The facts of a name in a list: those of the request that would use it, with arguments nobody knows yet. */
export function makeListFacts(request: Enveloped, kind: Kind, name: string, nowMs: number): Facts {
  const { principal, endpoint } = request;
  return { principal, endpoint: endpoint.path, nowMs, params: undefined, method: USES[kind], name, args: undefined };
}

const ARGUED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read', 'completion/complete']);

/** Arguments are read when a condition asks for them, and once. */
function makeReadArguments({ envelope, body, edits }: Enveloped): () => ArgumentValues {
  let read: ArgumentValues | undefined;
  // Handles are open by now: rules judge what the server will get. Nothing in front of `params` is ever edited.
  return () => (read ??= readArguments(envelope.method.name, applyEdits(body, edits), envelope.paramsStart));
}

/** A completion has the arguments that are settled already (server/utilities/completion, "context"). */
function readArguments(method: string, body: Buffer, params: number): ArgumentValues {
  const holder = method === 'completion/complete' ? findMember(body, params, 'context')?.start : params;
  const found = holder === undefined ? undefined : findMember(body, holder, 'arguments');
  return readArgumentValues(found === undefined ? NO_ARGUMENTS : body.subarray(found.start, found.end));
}

const NO_ARGUMENTS = Buffer.from('{}');
