// Where log lines go: to standard output, as JSON, or for people when it is a terminal.
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { escapeActive, escapeForTerminal } from './log-escape.ts';

export interface LogDestination {
  write(line: string): void;
  /** Writes out what is buffered. */
  flush(): void;
}

/** When nobody reads the log, lines beyond this are lost; the memory is for requests. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * @param format `pretty` is JSON too where standard output is no terminal: machines read that
 * @param onLost told how many lines nobody read in time, once somebody reads again
 */
export function makeLogDestination(format: 'json' | 'pretty', onLost: (lines: number) => void): LogDestination {
  return format === 'pretty' && process.stdout.isTTY
    ? makePrettyDestination(process.stdout)
    : makeJsonDestination(onLost);
}

/** @param fd 1, but in tests */
export function makeJsonDestination(onLost: (lines: number) => void, fd = 1): LogDestination {
  const out = pino.destination({ dest: fd, sync: false, maxLength: MOST_WAITING_BYTES });
  let lost = 0;
  out.on('drop', () => lost++);
  out.on('drain', () => {
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    onLost(lines);
  });
  return {
    write: (line) => void out.write(escapeActive(line)),
    flush() {
      out.flushSync();
    },
  };
}

/** @param out takes each line at once, as a terminal does */
export function makePrettyDestination(out: { write(text: string): unknown }): LogDestination {
  const toText = pretty.prettyFactory({ colorize: true, ignore: 'pid,hostname' });
  return { write: (line) => void out.write(toText(escapeForTerminal(line))), flush() {} };
}
