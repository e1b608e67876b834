// Reads one file of the configuration whole, but never more than its limit, and never from something that is not a file.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export type FileRead = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly why: string };

/** Reads at most `maxBytes`. Not ok, with a reason in words: missing, unreadable, not a regular file, too large. */
export function readFile(file: string, maxBytes: number): FileRead {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { ok: false, why: stat.isDirectory() ? 'is a directory' : 'is not a regular file' };
    const bytes = readUpTo(fd, maxBytes + 1, stat.size);
    if (bytes.length > maxBytes) return { ok: false, why: `is larger than ${maxBytes} bytes` };
    return { ok: true, bytes };
  } catch (error) {
    return { ok: false, why: sayWhy(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The size is only a hint: files of /proc say 0. */
function readUpTo(fd: number, limit: number, sizeHint: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const chunk = Buffer.allocUnsafe(Math.min(limit - total, Math.max(sizeHint - total, 4096)));
    const count = readSync(fd, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks);
}

/** Fixed words per code: the system's own message repeats the path, which may come from the environment. */
function sayWhy(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this process';
    default:
      return `cannot be read (${code})`;
  }
}
