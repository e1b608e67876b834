// Where the lines of an audit trail go.

export interface AuditSink {
  /** Writes some of the bytes from `from` on. Rejects when nothing could be written. @returns how many were */
  write(bytes: Buffer, from: number): Promise<number>;
  /** Waits until what was written is on its disk, where there is one. */
  sync(): Promise<void>;
  /** Goes on in another file; where that fails, which is told, in the same one. Never rejects. */
  turn(how: Turn): Promise<void>;
  close(): Promise<void>;
}

/** `rotate`: the file gets another name. `reopen`: somebody has given it one. */
export type Turn = 'rotate' | 'reopen';
