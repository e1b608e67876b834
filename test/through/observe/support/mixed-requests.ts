// Requests of every kind: allowed, denied, and refused before and after their caller is known.
import { toHeaderLines, toRequestBody } from '../../../support/mcp-request.ts';
import type { Wish } from './mixed-client.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';
export const TASK_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { [TASKS]: {} } },
};
/** Tasks one caller may have alive. */
export const LIVE = 60;
/** Requests in all, those that ask for tasks included. */
export const TOTAL = 10_000;

type Kind = readonly [count: number, make: (at: number) => Wish];

function call(name: string, token: string | undefined, more: Partial<Wish> = {}): Wish {
  return { name, token, body: toRequestBody('tools/call', { name, arguments: {} }), ...more };
}

function callTask(name: string, token: string): Wish {
  return { name, token, body: toRequestBody('tools/call', { name, arguments: {}, _meta: TASK_META }) };
}

/** What is asked, and how often; the calls that are served make up the rest. */
function toKinds(ada: string, greedy: string): readonly Kind[] {
  const list = toRequestBody('tools/list');
  return [
    [800, (i) => call(`secret_${i}`, ada)],
    [300, (i) => call(`unruled_${i}`, ada)],
    [300, (i) => call(`write_${i}`, ada)],
    [500, (i) => call(`read_absent_${i}`, undefined)],
    [500, (i) => call(`read_forged_${i}`, `${ada.slice(0, -6)}${String(i).padStart(6, 'A')}`)],
    [100, (i) => call(`read_misplaced_${i}`, undefined, { target: `/mcp?access_token=${i}` })],
    [400, (i) => call(`read_mismatch_${i}`, ada, { lines: toHeaderLines('tools/call', `read_other_${i}`) })],
    [300, () => ({ token: ada, method: 'tools/list', body: `${list.slice(0, -1)},}` })],
    [200, () => ({ token: ada, method: 'tools/list', body: '[]' })],
    [200, () => ({ token: ada, method: 'server/nothing', body: toRequestBody('server/nothing') })],
    [200, (i) => ({ token: ada, method: 'tools/list', body: list, target: `/nowhere/${i}` })],
    [200, () => ({ verb: 'GET', lines: [], body: '' })],
    [100, () => ({ token: ada, body: list, lines: [['Content-Type', 'text/plain']] })],
    [100, () => ({ raw: 'POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n' })],
    [50, () => ({ raw: 'PO ST /mcp HTTP/1.1\r\n\r\n' })],
    [
      100,
      () => ({
        token: ada,
        method: 'tools/list',
        body: list,
        lines: [...toHeaderLines('tools/list'), ['Host', 'evil.test']],
      }),
    ],
    [
      100,
      () => ({
        token: ada,
        method: 'notifications/cancelled',
        body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
      }),
    ],
    [600, (i) => call(`read_greedy_${i}`, greedy)],
    [300, (i) => call(`read_sick_${i}`, ada)],
    [300, (i) => call(`read_error_${i}`, ada)],
    [200, (i) => call(`read_stream_${i}`, ada)],
    [100, (i) => call(`read_cut_${i}`, ada)],
    [100, (i) => call(`read_leave_${i}`, ada, { leaves: true })],
    [LIVE + 50, (i) => callTask(`read_task_${i}`, ada)],
    [500, () => ({ token: ada, method: 'tools/list', body: list })],
  ];
}

export function toWishes(ada: string, greedy: string, total: number): Wish[] {
  const wishes = toKinds(ada, greedy).flatMap(([count, make]) => Array.from({ length: count }, (_, i) => make(i)));
  for (let i = 0; wishes.length < total; i++) wishes.push(call(`read_plain_${i}`, ada));
  // In an order that mixes them, the same every time.
  return wishes
    .map((wish, i) => [(i * 7919) % total, wish] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, wish]) => wish);
}
