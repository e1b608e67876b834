// Tells the parent process where a server listens, and ends the server when it is asked to stop.
import type { McpListener } from './serve-mcp.ts';

/** Prints one line of JSON with the url; SIGTERM, SIGINT and a parent that went away close the server. */
export function announceServer(server: McpListener): void {
  let isClosing = false;
  const close = (): void => {
    if (isClosing) return;
    isClosing = true;
    void server.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', close);
  process.once('SIGINT', close);
  process.once('disconnect', close);
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
}
