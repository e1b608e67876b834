// Writes an audit trail to standard output, which other processes and the log may share.
import { fdatasync, fstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { AuditSink } from './audit-sink.ts';

const writeTo = promisify(write);

/** What several processes write to one pipe stays whole up to here (pipe(7), PIPE_BUF). */
const WHOLE_BYTES = 4096;
const LINE_FEED = 0x0a;
/** A pipe that nobody has emptied yet. */
const TRY_AGAIN_MS = 10;

export interface StdoutSinkDeps {
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
}

/** @param fd 1, but in tests */
export function makeStdoutSink({ startTimer }: StdoutSinkDeps, fd = 1): AuditSink {
  const isFile = fstatSync(fd).isFile();
  return {
    async write(bytes, from) {
      const length = isFile ? bytes.length - from : findPiece(bytes, from) - from;
      try {
        return (await writeTo(fd, bytes, from, length)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await new Promise<void>((resolve) => startTimer(TRY_AGAIN_MS, resolve));
        return 0;
      }
    },
    sync: () => (isFile ? promisify(fdatasync)(fd) : Promise.resolve()),
    turn: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Behind the last line that fits one piece, or behind the first line when none does. */
function findPiece(bytes: Buffer, from: number): number {
  if (bytes.length - from <= WHOLE_BYTES) return bytes.length;
  const last = bytes.lastIndexOf(LINE_FEED, from + WHOLE_BYTES - 1);
  if (last >= from) return last + 1;
  return bytes.indexOf(LINE_FEED, from) + 1 || bytes.length;
}
