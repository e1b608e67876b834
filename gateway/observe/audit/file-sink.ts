// Appends an audit trail to a file, which it may rename when it has grown, and which others may.
import { close, constants, fdatasync, fstat, fstatSync, open, openSync, read, type Stats, write } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { AuditSink, Turn } from './audit-sink.ts';
import { makeIsoTime } from './iso-time.ts';
import { readTail, type Tail } from './read-tail.ts';

const openFile = promisify(open);
const readFrom = promisify(read);
const writeTo = promisify(write);
const closeFile = promisify(close);
const syncFile = promisify(fdatasync);
const statFile = promisify(fstat);

/** Opening a named pipe without O_NONBLOCK would wait for its reader. */
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** It tells who called what. */
const MODE = 0o640;
const NAMES_TRIED = 100;

export interface FileSinkDeps {
  readonly nowEpochMs: () => number;
  readonly onFailure: (error: unknown) => void;
}

export interface OpenedFile {
  readonly sink: AuditSink;
  readonly tail: Tail;
  readonly size: number;
}

/** Opens or makes the file. Throws when that cannot be, or when it is no regular file. */
export function openFileSink(file: string, process: string, deps: FileSinkDeps): OpenedFile {
  const fd = openSync(file, APPEND, MODE);
  const { size } = requireRegular(fstatSync(fd));
  return { sink: makeFileSink(file, fd, deps), tail: readTail(fd, size, process), size };
}

function makeFileSink(file: string, first: number, { nowEpochMs, onFailure }: FileSinkDeps): AuditSink {
  const toTime = makeIsoTime();
  let fd = first;

  async function turn(how: Turn): Promise<void> {
    if (how === 'rotate' && (await isSameFile(file, fd))) await moveAway(file, toTime(nowEpochMs()));
    const next = await openNext(file);
    const old = fd;
    fd = next;
    try {
      await syncFile(old);
    } finally {
      await closeFile(old);
    }
  }

  return {
    write: async (bytes, from) => (await writeTo(fd, bytes, from)).bytesWritten,
    sync: () => syncFile(fd),
    turn: (how) => turn(how).catch(onFailure),
    close: () => closeFile(fd),
  };
}

/** Opens the file, new or not, and ends a line that somebody left open in it. */
async function openNext(file: string): Promise<number> {
  const fd = await openFile(file, APPEND, MODE);
  try {
    const { size } = requireRegular(await statFile(fd));
    const { buffer } = await readFrom(fd, Buffer.alloc(1), 0, 1, Math.max(size - 1, 0));
    if (size > 0 && buffer[0] !== 0x0a) await writeTo(fd, '\n');
    return fd;
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

/** Gives the file a name that nothing has: `audit.jsonl.20260728T101112.123Z`. */
async function moveAway(file: string, time: string): Promise<void> {
  const target = `${file}.${time.replaceAll(/[-:]/g, '')}`;
  for (let tried = 0; tried < NAMES_TRIED; tried++) {
    const name = tried === 0 ? target : `${target}.${tried}`;
    if (!(await reserve(name))) continue;
    try {
      await rename(file, name);
      return;
    } catch (error) {
      await rm(name);
      throw error;
    }
  }
  throw new Error('no free name for the rotated file');
}

/** A rename replaces what it finds; so the name is taken first, by a file of our own. */
async function reserve(name: string): Promise<boolean> {
  try {
    await closeFile(await openFile(name, 'wx', MODE));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isSameFile(file: string, fd: number): Promise<boolean> {
  const [named, held] = await Promise.all([stat(file).catch(() => undefined), statFile(fd)]);
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

function requireRegular(stats: Stats): Stats {
  if (!stats.isFile()) throw new Error('the audit file is no regular file');
  return stats;
}
