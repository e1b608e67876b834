// Sends given requests over raw keep-alive sockets, one at a time on each, until all are answered.
import { connect, type Socket } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** @throws Error on the first answer that is not 200 with a length */
export async function sendCalls(port: number, requests: readonly Buffer[], connections: number): Promise<void> {
  const waiting = requests.values();
  await Promise.all(Array.from({ length: connections }, () => sendOnOne(port, waiting)));
}

async function sendOnOne(port: number, waiting: Iterator<Buffer>): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  try {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) await sendOne(socket, next.value);
  } finally {
    socket.destroy();
  }
}

function sendOne(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (error?: Error): void => {
      socket.off('data', take).off('close', fail).off('error', settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    const fail = (): void => settle(new Error('the server closed a connection'));
    const take = (piece: Buffer): void => {
      received = received.length === 0 ? Buffer.from(piece) : Buffer.concat([received, piece]);
      const end = received.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
      if (!head.startsWith('HTTP/1.1 200 ') || Number.isNaN(length))
        settle(new Error(`not the expected answer: ${head}`));
      else if (received.length >= end + 4 + length) settle();
    };
    socket.on('data', take).on('close', fail).on('error', settle);
    socket.write(request);
  });
}
