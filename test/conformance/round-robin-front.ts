// Stands before several replicas and gives every single request to the next one, whatever connection it came on.
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as sendOn } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RoundRobinFront {
  readonly origin: string;
  readonly port: number;
  /** The replicas that were asked, by index, in order. */
  readonly asked: readonly number[];
  close(): Promise<void>;
}

/** @param port 0: any free one */
export async function startRoundRobinFront(replicas: readonly number[], port = 0): Promise<RoundRobinFront> {
  const agent = new Agent({ keepAlive: true });
  const asked: number[] = [];
  const server = createServer((incoming, answer) => {
    const replica = asked.length % replicas.length;
    asked.push(replica);
    passOn(incoming, answer, { port: replicas[replica] as number, agent });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://127.0.0.1:${bound}`,
    port: bound,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

/** Header lines as they came, both ways; whoever of the two sides leaves, the other one is told. */
function passOn(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { port, agent }: { port: number; agent: Agent },
): void {
  const { method, url: path, rawHeaders: headers } = incoming;
  const outgoing = sendOn({ host: '127.0.0.1', port, agent, method, path, headers, setHost: false });
  outgoing.on('response', (reply) => {
    answer.writeHead(reply.statusCode as number, reply.rawHeaders);
    answer.flushHeaders();
    reply.on('error', () => answer.destroy());
    reply.pipe(answer);
  });
  outgoing.on('error', () => answer.destroy());
  answer.on('close', () => {
    if (!answer.writableFinished) outgoing.destroy();
  });
  incoming.pipe(outgoing);
}
