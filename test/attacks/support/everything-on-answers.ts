// What came back, held against what any answer must be: one whole answer, well-formed, and silent about what is secret.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { exchange } from './attacked-gateway.ts';
import { type EverythingOn, UPSTREAM_NAME, WIDTH } from './everything-on.ts';
import { readAnswers, type WireAnswer } from './read-answers.ts';

/** Below the width of a caller, so that an honest request is never turned away for it. */
const AT_ONCE = WIDTH - 4;

export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: unknown; readonly message: unknown; readonly data?: { readonly reason?: unknown } };
}

/** Takes what an answer says, once it is known to be well-formed. @returns its messages, the response last */
function readMessages(answer: WireAnswer, why: string): readonly Message[] {
  if (answer.headers.get('content-type') === 'application/json') return [JSON.parse(answer.text) as Message];
  assert.equal(answer.headers.get('content-type'), 'text/event-stream', why);
  const events = answer.text.split(/\r\n\r\n|\n\n|\r\r/).filter((event) => /^data/m.test(event));
  return events.map(
    (event) =>
      JSON.parse(
        event
          .split(/\r\n|\n|\r/)
          .flatMap((line) => line.match(/^data: ?(.*)$/)?.slice(1) ?? [])
          .join('\n'),
      ) as Message,
  );
}

/**
 * @param mayBeCut the server may have broken off when the answer had begun
 * @returns the messages, the response last; none for an answer that was cut
 */
export function assertWellFormed(
  on: EverythingOn,
  received: Buffer,
  why: string,
  mayBeCut = false,
): readonly Message[] {
  const { answers, rubbish } = readAnswers(received);
  const [answer, ...others] = answers;
  if (mayBeCut && (answer === undefined || !answer.whole)) return [];
  assert.equal(rubbish, '', why);
  assert.ok(answer?.whole, `not whole: ${why}`);
  for (const other of others) assert.equal(other.status, 400, why);
  const told = received.toString('latin1');
  for (const secret of [UPSTREAM_NAME, '-canary', `:${on.server.port}`, ...on.secrets, ...Object.values(on.tokens)]) {
    assert.ok(!told.includes(secret), `${secret} is told: ${told.slice(0, 2000)} ${why}`);
  }
  const messages = readMessages(answer, why);
  const last = messages.at(-1) as Message;
  assert.equal(last.jsonrpc, '2.0', why);
  assert.ok((last.result === undefined) !== (last.error === undefined), why);
  if (answer.status !== 200) assert.equal(typeof last.error?.code, 'number', why);
  assert.notEqual(last.error?.data?.reason, 'internal', why);
  return messages;
}

/** Does this with each of the items, some at once. */
export async function eachAtOnce<T>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const rest = [...items.entries()].toReversed();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) await run(next[1], next[0]);
    }),
  );
}

/** @returns all that comes back on a connection of its own */
export const ask = (on: EverythingOn, bytes: Buffer): Promise<Buffer> => exchange(on.port, bytes, isKept);

/** The reason of a refusal, or `passed`. */
export function toReason(messages: readonly Message[]): string {
  const reason = messages.at(-1)?.error?.data?.reason;
  return typeof reason === 'string' ? reason : 'passed';
}

/** The connection stays open behind this answer, because its `Connection: close` was spoiled. */
function isKept(received: Buffer): boolean {
  if (!received.includes('keep-alive')) return false;
  const [answer] = readAnswers(received).answers;
  return answer?.whole === true && answer.headers.get('connection') === 'keep-alive';
}

/** Sends this, and is gone after so long. */
export function leave(port: number, bytes: Buffer, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.write(bytes);
    setTimeout(() => socket.destroy(), afterMs);
  });
}
