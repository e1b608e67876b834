// The server behind every row: answers each call with the same JSON, and acknowledges each listening stream, then is silent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ANSWER, toAcknowledgement } from '../workload.ts';

const [port, ...hosts] = process.argv.slice(2);

const HEAD = ['content-type', 'application/json', 'content-length', String(ANSWER.length)];

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['mcp-method'] === 'subscriptions/listen') {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id } = JSON.parse(body) as { id: number };
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(toAcknowledgement(id));
    });
    return;
  }
  request.on('end', () => {
    response.writeHead(200, HEAD);
    response.end(ANSWER);
  });
  request.resume();
}

for (const host of hosts.length === 0 ? ['127.0.0.1'] : hosts) {
  createServer({ keepAliveTimeout: 72_000, noDelay: true }, answer).listen({ port: Number(port), host, backlog: 4096 });
}
process.on('disconnect', () => process.exit());
