// Opens idle listening streams over raw sockets, a few at a time, and counts those that are lost.
import { connect } from 'node:net';
import { toListenBytes } from '../workload.ts';

export interface OpenOrder {
  readonly port: number;
  readonly streams: number;
}

export type OpenAnswer = { readonly openedMs: number } | { readonly failed: string };

/** How many are being opened at any time. */
const AT_ONCE = 64;
/** An address has some 28,000 ports to connect from; beyond this many streams the next address of loopback is used. */
const STREAMS_PER_ADDRESS = 20_000;

let lost = 0;

/** Resolves when the server has acknowledged the stream. */
function openStream(port: number, id: number): Promise<void> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.0.0.${1 + Math.floor(id / STREAMS_PER_ADDRESS)}`,
  });
  socket.write(toListenBytes(port, id));
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      if (text.includes('notifications/subscriptions/acknowledged')) resolve();
      else if (!'HTTP/1.1 200'.startsWith(text.slice(0, 12))) reject(new Error(`stream ${id} was refused: ${text}`));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      lost++;
      reject(new Error(`stream ${id} was closed: ${text}`));
    });
  });
}

async function openAll({ port, streams }: OpenOrder): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  async function openSome(): Promise<void> {
    while (next < streams) await openStream(port, next++);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, openSome));
  return performance.now() - startMs;
}

process.on('message', (order: OpenOrder | 'lost?') => {
  if (order === 'lost?') {
    process.send?.(lost);
    return;
  }
  void openAll(order)
    .then<OpenAnswer, OpenAnswer>(
      (openedMs) => ({ openedMs }),
      (error: unknown) => ({ failed: String(error) }),
    )
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
