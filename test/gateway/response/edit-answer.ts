// Sends one answer through a relay with an editor, as JSON or as events, in pieces.

import type { AnswerEditor } from '../../../gateway/response/answer-editor.ts';
import { makeAnswerRelay } from '../../../gateway/response/answer-relay.ts';
import { cutBytes } from '../mcp/cut-bytes.ts';
import { readEvents } from '../mcp/read-events.ts';
import { FakeReply, makeRouted } from './fake-reply.ts';

export interface Edited {
  readonly fault: string | undefined;
  /** What the client got, byte for byte. */
  readonly text: string;
  readonly calls: readonly string[];
}

/** @param at where the network cuts it */
export function editJson(editor: AnswerEditor, body: string, at: readonly number[] = [], status = 200): Edited {
  return pass(editor, 'application/json', body, at, status);
}

export function editStream(editor: AnswerEditor, stream: string, at: readonly number[] = []): Edited {
  return pass(editor, 'text/event-stream', stream, at, 200);
}

/** One message in an event of its own, each line of it a data line. */
export function toEvent(message: string): string {
  return `${message
    .split(/\r\n|\n|\r/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

/** The messages a client reads from a stream. */
export function toMessages(stream: string): unknown[] {
  return readEvents(stream).map((data) => JSON.parse(data) as unknown);
}

function pass(editor: AnswerEditor, media: string, body: string, at: readonly number[], status: number): Edited {
  const reply = new FakeReply();
  const relay = makeAnswerRelay(makeRouted(), reply, editor);
  let fault: string | undefined = relay.start(status, { 'content-type': media });
  for (const piece of cutBytes(Buffer.from(body), at)) fault ??= relay.push(piece);
  fault ??= relay.finish();
  return { fault, text: reply.text, calls: reply.calls };
}
