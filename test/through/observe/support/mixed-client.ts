// A client that keeps connections and notes what became of each request: status, the gateway's reason, bytes both ways.
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type HeaderLines, toHeaderLines } from '../../../support/mcp-request.ts';

export interface Wish {
  /** What comes back as `Mcp-Name`; undefined: none. */
  readonly name?: string;
  readonly method?: string;
  readonly body?: string;
  readonly lines?: HeaderLines;
  readonly verb?: string;
  readonly target?: string;
  readonly token?: string | undefined;
  /** Leave once the first bytes of the answer are here. */
  readonly leaves?: boolean;
  /** Sent as they stand instead of all this. */
  readonly raw?: string;
}

export interface Told {
  readonly wish: Wish;
  /** 0 when no answer came. */
  readonly status: number;
  /** `data.reason` of a refusal. */
  readonly reason: string | undefined;
  readonly whole: boolean;
  readonly sentBytes: number;
  readonly gotBytes: number;
  readonly text: string;
}

const WIDTH = 24;

/** Sends all of them, some at once. @returns what became of each, in order */
export async function sendMixed(port: number, wishes: readonly Wish[]): Promise<Told[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
  const told: Told[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < wishes.length) {
      const at = next++;
      const wish = wishes[at] as Wish;
      told[at] = wish.raw === undefined ? await send(port, wish, agent) : await sendBytes(port, wish, wish.raw);
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, work));
  agent.destroy();
  return told;
}

function send(port: number, wish: Wish, agent: Agent): Promise<Told> {
  const { name, method = 'tools/call', body = '', lines, verb = 'POST', target = '/mcp', token, leaves } = wish;
  const all = [
    ...(lines ?? toHeaderLines(method, name)),
    ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`]]),
  ];
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (answer: IncomingMessage | undefined): void => {
      const got = Buffer.concat(chunks);
      resolve(toTold(wish, answer?.statusCode ?? 0, got.toString(), answer?.complete === true, got.length));
    };
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      path: target,
      method: verb,
      agent,
      headers: { ...Object.fromEntries(all as [string, string][]), 'content-length': Buffer.byteLength(body) },
    });
    request.on('error', () => done(undefined));
    request.on('response', (answer) => {
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (leaves === true) request.destroy();
      });
      answer.on('error', () => {});
      answer.on('close', () => done(answer));
    });
    request.end(body);
  });
}

function sendBytes(port: number, wish: Wish, bytes: string): Promise<Told> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      resolve(toTold(wish, Number(text.split(' ')[1]), body, true, body.length));
    });
  });
}

function toTold(wish: Wish, status: number, text: string, whole: boolean, gotBytes: number): Told {
  return {
    wish,
    status,
    reason: findReason(text),
    whole,
    sentBytes: Buffer.byteLength(wish.body ?? ''),
    gotBytes,
    text,
  };
}

function findReason(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  const { error } = JSON.parse(text) as { error?: { data?: { reason?: string } } };
  return error?.data?.reason;
}
