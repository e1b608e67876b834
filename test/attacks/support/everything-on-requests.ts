// Honest requests of every kind, with what callers were given before, and ways to spoil the bytes of one.
import { toHeaderLines } from '../../support/mcp-request.ts';

const VERSION = '2026-07-28';
const TASKS = 'io.modelcontextprotocol/tasks';

/** What one caller was given by earlier answers. */
export interface Given {
  states: string[];
  tasks: string[];
  handles: string[];
}

export interface Template {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The value of `Mcp-Name`. */
  readonly name?: string;
  readonly lines?: readonly (readonly [string, string])[];
}

type Random = () => number;

export const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)] as T;

const call = (name: string, args: object, more: Partial<Template> = {}): Template => ({
  method: 'tools/call',
  name,
  ...more,
  params: { name, arguments: args, ...more.params },
});

/** @param given what the caller may bring back; a state opens once, so it is taken out */
export function makeTemplate(random: Random, given: Given): Template {
  const task = pick(given.tasks, random) ?? 'RAW-TASK-000000';
  const basketId = pick(given.handles, random) ?? 'RAW-HANDLE-000000';
  return pick<() => Template>(
    [
      () =>
        call(
          'read_station',
          { city: 'Oslo', tenant: 'acme', deep: [{ x: 1e300 }] },
          { lines: [['Mcp-Param-City', 'Oslo']] },
        ),
      () => call('read_station', { tenant: 'other' }),
      () => call('secret_tool', {}),
      () => call('write_file', {}),
      () => call('create_basket', {}),
      () => call('start_job', { a: 1 }),
      () => call('ask_name', {}),
      () =>
        call(
          'ask_name',
          {},
          { params: { requestState: given.states.pop() ?? 'RAW-STATE-000000', inputResponses: {} } },
        ),
      () =>
        call(
          'fill_basket',
          { basketId, note: 'n', count: 3 },
          {
            lines: [
              ['Mcp-Param-Basket', basketId],
              ['Mcp-Param-Note', 'n'],
              ['mcp-param-count', '3.0'],
            ],
          },
        ),
      () => call('fill_basket', { count: null, basketId }, { lines: [['Mcp-Param-Basket', basketId]] }),
      () => ({ method: 'tasks/get', params: { taskId: task }, name: task }),
      () => ({ method: 'tasks/update', params: { taskId: task, inputResponses: {} }, name: task }),
      () => ({ method: 'tasks/cancel', params: { taskId: task }, name: task }),
      () => ({ method: 'prompts/get', params: { name: 'open_prompt' }, name: 'open_prompt' }),
      () => ({ method: 'resources/read', params: { uri: 'files://open/a' }, name: 'files://open/a' }),
      () => ({ method: 'resources/read', params: { uri: 'files://secret/b' }, name: 'files://secret/b' }),
      () => ({ method: pick(['tools/list', 'prompts/list', 'resources/list', 'server/discover'], random), params: {} }),
      () => ({
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', name: 'open_prompt' }, argument: { name: 'a', value: '' } },
      }),
      () => ({
        method: 'subscriptions/listen',
        params: {
          notifications: {
            toolsListChanged: true,
            resourceSubscriptions: ['files://secret/b', 'files://open/a'],
            taskIds: given.tasks.slice(0, 1),
          },
        },
      }),
    ],
    random,
  )();
}

function makeMeta(random: Random): object {
  const extensions = { [TASKS]: {}, 'io.modelcontextprotocol/ui': { mimeTypes: [] }, 'com.example/x': {} };
  const traced = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=1' };
  return {
    ...(random() < 0.3 && { 'com.example/a': { b: ['}', '"'] } }),
    ...(random() < 0.3 && traced),
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, ...(random() < 0.8 && { extensions }) },
    ...(random() < 0.05 && { 'org.example/b': 1 }),
    ...(random() < 0.2 && { progressToken: 7 }),
  };
}

export interface RequestParts {
  readonly template: Template;
  readonly token: string;
  readonly target: string;
  readonly port: number;
  readonly id: string | number;
}

/** The bytes of a whole HTTP request; members of `params` stand in any order, with any blanks. */
export function toWire({ template, token, target, port, id }: RequestParts, random: Random): Buffer {
  const { method, params, name, lines = [] } = template;
  const members = Object.entries({ ...params, _meta: makeMeta(random) });
  if (random() < 0.5) members.reverse();
  const message = { jsonrpc: '2.0', id, method, params: Object.fromEntries(members) };
  const body = Buffer.from(JSON.stringify(message, null, pick([undefined, 1, '\t'], random)));
  const all = [
    ['Host', `127.0.0.1:${port}`],
    ['Connection', 'close'],
    ['Content-Length', String(body.length)],
    ['Authorization', `Bearer ${token}`],
    ...toHeaderLines(method, name),
    ...lines,
  ];
  const head = all.map(([key, value]) => `${key}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${target} HTTP/1.1\r\n${head}\r\n`), body]);
}

/** Bytes and tokens that mean something to a JSON or an HTTP reader. */
const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\r\n',
  ' ',
  '0',
  'null',
  '\\u0000',
  '\\u0061',
  '\ud83d\ude00',
  '\xff',
  '\0',
].map((text) => Buffer.from(text));

/** Spoils bytes in up to three places, within `from` and the end. */
export function spoil(bytes: Buffer, random: Random, from = 0): Buffer {
  let spoiled = bytes;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = from + Math.floor(random() * Math.max(1, spoiled.length - from));
    const source = Math.floor(random() * spoiled.length);
    const piece = spoiled.subarray(source, source + 1 + Math.floor(random() * 60));
    const [left, right] = [spoiled.subarray(0, at), spoiled.subarray(at)];
    spoiled = Buffer.concat(
      pick(
        [
          [left, Buffer.from([(spoiled[at] ?? 0) ^ (1 << Math.floor(random() * 8))]), right.subarray(1)],
          [left, pick(PIECES, random), right],
          [left, pick(PIECES, random), right.subarray(1)],
          [left, right.subarray(1 + Math.floor(random() * 20))],
          [left, piece, right],
          [left, piece, right.subarray(piece.length)],
        ],
        random,
      ),
    );
  }
  return spoiled;
}

/** Spoils only the body, and says its length truly, so that the JSON readers have all the work. */
export function spoilBody(bytes: Buffer, random: Random): Buffer {
  const split = bytes.indexOf('\r\n\r\n') + 4;
  const body = spoil(bytes.subarray(split), random);
  const head = bytes.toString('latin1', 0, split).replace(/Content-Length: [0-9]+/, `Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Moves, repeats, renames and replaces members: what stays well-formed goes deeper. */
export function twist(bytes: Buffer, random: Random): Buffer {
  const split = bytes.indexOf('\r\n\r\n') + 4;
  const text = bytes.toString('utf8', split);
  const member = /"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[0-9]+|\{\}|\[\]|true|null)/g;
  const members = text.match(member) ?? [];
  if (members.length < 2) return bytes;
  const [one, other] = [pick(members, random), pick(members, random)];
  const value = pick(['null', '{}', '[]', '"x"', '-0', '1e999', 'true', '""', '[{"a":[{}]}]'], random);
  const changed = pick(
    [
      () => text.replace(one, other),
      () => text.replace(one, `${one},${other}`),
      () => text.replace(one, `${one},"extra":${value}`),
      () => text.replace(one, one.replace(/:[^:]*$/, `:${value}`)),
      () =>
        text.replace(
          one,
          one.replace(/^"(.)/, (_, c: string) => `"\\u00${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
        ),
      () =>
        text.replace(
          one,
          one.replace(/^"(.)/, (_, c: string) => `"${c.toUpperCase()}`),
        ),
    ],
    random,
  )();
  const body = Buffer.from(changed);
  const head = bytes.toString('latin1', 0, split).replace(/Content-Length: [0-9]+/, `Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
export function makeRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
