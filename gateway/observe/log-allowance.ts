// Lets so many log lines of each kind pass in a second, and counts the rest: a flood costs a comparison a line.

export interface LogAllowanceDeps {
  /** On the monotonic clock. */
  readonly nowMs: () => number;
  readonly startTimer: (delayMs: number, run: () => void) => () => void;
  /** Told of what was left out, at most once a second, and only when there is something. */
  readonly onDropped: (dropped: readonly DroppedLines[]) => void;
}

export interface DroppedLines {
  readonly kind: string;
  readonly level: LogLevel;
  readonly lines: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface Cell {
  readonly kind: string;
  readonly level: LogLevel;
  until: number;
  passed: number;
  dropped: number;
}

const WINDOW_MS = 1000;

export class LogAllowance {
  private readonly deps: LogAllowanceDeps;
  private readonly perSecond: number;
  /** By level and kind; both are words of ours, so there are few. */
  private readonly cells: Readonly<Record<LogLevel, Map<string, Cell>>> = {
    debug: new Map(),
    info: new Map(),
    warn: new Map(),
    error: new Map(),
  };
  private stopTimer: (() => void) | undefined;

  /** @param perSecond lines of one kind and level */
  constructor(perSecond: number, deps: LogAllowanceDeps) {
    this.perSecond = perSecond;
    this.deps = deps;
  }

  /** @param kind a fixed word, never one of a client. @returns whether the line may be written; if not, it is counted */
  mayWrite(kind: string, level: LogLevel): boolean {
    const cell = this.cells[level].get(kind) ?? this.addCell(kind, level);
    const now = this.deps.nowMs();
    if (now >= cell.until) {
      cell.until = now + WINDOW_MS;
      cell.passed = 0;
    }
    if (cell.passed < this.perSecond) {
      cell.passed++;
      return true;
    }
    cell.dropped++;
    this.stopTimer ??= this.deps.startTimer(WINDOW_MS, () => this.tell());
    return false;
  }

  /** Tells now what was left out since it was last told. */
  tell(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    const dropped: DroppedLines[] = [];
    for (const cells of Object.values(this.cells)) {
      for (const cell of cells.values()) {
        if (cell.dropped > 0) dropped.push({ kind: cell.kind, level: cell.level, lines: cell.dropped });
        cell.dropped = 0;
      }
    }
    if (dropped.length > 0) this.deps.onDropped(dropped);
  }

  private addCell(kind: string, level: LogLevel): Cell {
    const cell: Cell = { kind, level, until: 0, passed: 0, dropped: 0 };
    this.cells[level].set(kind, cell);
    return cell;
  }
}
