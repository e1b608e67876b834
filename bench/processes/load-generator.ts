// Sends the same call again and again over raw keep-alive sockets, as cheaply as can be, and times each answer.
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { readCpuMs } from '../cpu-time.ts';
import type { LoadAnswer, LoadOrder, LoadResult } from '../load-order.ts';
import { ANSWER, toCallBytes } from '../workload.ts';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const OK = 'HTTP/1.1 200 ';
/** In-flight calls get this long to finish once the window is over. */
const FINISH_WITHIN_MS = 5000;

/** All connections of one order; `histogram` holds microseconds. */
class Load {
  readonly histogram = createHistogram();
  completed = 0;
  stopping = false;
  failure: string | undefined;
  private readonly bytes: Buffer;
  private readonly port: number;
  private readonly closings: Promise<void>[] = [];

  constructor(order: LoadOrder) {
    this.bytes = toCallBytes(order.port);
    this.port = order.port;
    for (let i = 0; i < order.connections; i++) this.closings.push(this.open());
  }

  async finish(): Promise<void> {
    this.stopping = true;
    await Promise.race([Promise.all(this.closings), pause(FINISH_WITHIN_MS, undefined, { ref: false })]);
  }

  reset(): void {
    this.completed = 0;
    this.histogram.reset();
  }

  private open(): Promise<void> {
    const socket = connect(this.port, '127.0.0.1').setNoDelay(true);
    let sentMs = 0;
    let head: Buffer | undefined;
    let missing = 0;
    const send = (): void => {
      sentMs = performance.now();
      socket.write(this.bytes);
    };
    socket.on('connect', send);
    socket.on('data', (piece: Buffer) => {
      if (missing === 0) {
        const bytes = head === undefined ? piece : Buffer.concat([head, piece]);
        const end = bytes.indexOf(END_OF_HEAD);
        if (end < 0) {
          head = bytes;
          return;
        }
        head = undefined;
        missing = this.checkHead(socket, bytes.toString('latin1', 0, end)) - (bytes.length - end - 4);
      } else {
        missing -= piece.length;
      }
      if (missing > 0) return;
      if (missing < 0) this.fail(socket, 'an answer has more bytes than it says');
      this.completed++;
      this.histogram.record(Math.max(1, Math.round((performance.now() - sentMs) * 1000)));
      if (this.stopping) socket.end();
      else send();
    });
    socket.on('error', (error) => this.fail(socket, error.message));
    return new Promise((resolve) => {
      socket.on('close', () => {
        if (!this.stopping) this.fail(socket, 'the server closed a connection');
        resolve();
      });
    });
  }

  /** @returns the length of the body */
  private checkHead(socket: Socket, head: string): number {
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (!head.startsWith(OK) || length !== ANSWER.length)
      this.fail(socket, `an answer is not the expected one: ${head}`);
    return length;
  }

  private fail(socket: Socket, why: string): void {
    this.failure ??= why;
    socket.destroy();
  }
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const load = new Load(order);
  await pause(order.warmMs);
  load.reset();
  const startMs = performance.now();
  const startCpuMs = readCpuMs(order.pids);
  await pause(order.measureMs);
  const cpuMs = readCpuMs(order.pids) - startCpuMs;
  const elapsedMs = performance.now() - startMs;
  const { completed, histogram } = load;
  const result = {
    completed,
    perSecond: (completed / elapsedMs) * 1000,
    cpuUsPerRequest: (cpuMs * 1000) / completed,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
  };
  await load.finish();
  if (load.failure !== undefined) throw new Error(load.failure);
  if (completed === 0) throw new Error('no call was answered inside the window');
  return result;
}

process.on('message', (order: LoadOrder) => {
  void run(order)
    .then<LoadAnswer, LoadAnswer>(
      (result) => ({ result }),
      (error: unknown) => ({ failed: String(error) }),
    )
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
