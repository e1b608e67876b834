// The least a proxy in Node can do: node:http in front, undici behind, body and answer gathered and passed on unread.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const [port, upstreamPort] = process.argv.slice(2);
const origin = `http://127.0.0.1:${upstreamPort}`;
const pool = new Pool(origin, { connections: null, pipelining: 1 });

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'content-length',
]);

class Passage implements Dispatcher.DispatchHandler {
  private readonly response: ServerResponse;
  private readonly pieces: Buffer[] = [];
  private status = 502;
  private readonly headers: string[] = [];

  constructor(response: ServerResponse) {
    this.response = response;
  }

  // undici takes an object without this method for one of its older kind.
  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.status = status;
    for (const name in headers) if (!HOP_BY_HOP.has(name)) this.headers.push(name, String(headers[name]));
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.pieces.push(piece);
  }

  onResponseEnd(): void {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.response.writeHead(this.status, [...this.headers, 'content-length', String(body.length)]);
    this.response.end(body);
  }

  onResponseError(): void {
    this.response.writeHead(502).end();
  }
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const headers: string[] = [];
    for (const name in request.headers) if (!HOP_BY_HOP.has(name)) headers.push(name, String(request.headers[name]));
    const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    pool.dispatch({ path: request.url ?? '/', method: 'POST', headers, body }, new Passage(response));
  });
}

createServer({ keepAliveTimeout: 72_000, noDelay: true }, forward).listen(Number(port), '127.0.0.1');
process.on('disconnect', () => process.exit());
