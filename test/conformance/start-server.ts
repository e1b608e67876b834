// Starts one of the servers under test/support/ as a process and learns its url from its first line.
import { join } from 'node:path';
import * as z from 'zod';
import type { Child } from './start-child.ts';
import { startChild } from './start-child.ts';

export interface StartedServer {
  readonly url: string;
  readonly child: Child;
  stop(): Promise<void>;
}

const announcement = z.object({ url: z.url() });
const support = join(import.meta.dirname, '../support');

export async function startServer(file: string, args: readonly string[], signal: AbortSignal): Promise<StartedServer> {
  const child = startChild({ args: [join(support, file), ...args], signal, channel: true });
  try {
    const { url } = announcement.parse(JSON.parse(await child.readLine()));
    return { url, child, stop: () => child.stop() };
  } catch (cause) {
    await child.stop();
    throw new Error(`${file} did not start`, { cause });
  }
}
