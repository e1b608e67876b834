// A small server on loopback, taken down with the test.
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Starts `server`, or an HTTP server around `answer`, on a free port; returns the port. */
export async function listen(test: TestContext, answer: RequestListener | Server, host = '127.0.0.1'): Promise<number> {
  const server = typeof answer === 'function' ? createServer(answer) : answer;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
