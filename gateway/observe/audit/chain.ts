// The hash chain of one process: every line holds the hash of the line before it, and its own.
import { hash } from 'node:crypto';
import { toAsciiJson } from './ascii-json.ts';
import type { CheckpointSigner } from './checkpoint-key.ts';
import { makeIsoTime } from './iso-time.ts';

/** `prev` of a line with nothing before it. */
export const NO_LINE = '0'.repeat(64);

export type LineKind = 'header' | 'request' | 'dropped' | 'checkpoint';

/** The last line of a chain so far. */
export interface ChainEnd {
  readonly seq: number;
  /** SHA-256, 64 hex digits. */
  readonly hash: string;
}

/**
 * Makes lines. The hash of a line is the SHA-256 of its bytes before `,"hash"`, which hold `prev`; the signature of a
 * header or a checkpoint is that of the bytes before `,"signature"`.
 */
export class Chain {
  private last: ChainEnd;
  private readonly process: string;
  private readonly signer: CheckpointSigner | undefined;
  private readonly toTime = makeIsoTime();

  /** @param process tells chains apart that were written to one place */
  constructor(process: string, last: ChainEnd | undefined, signer: CheckpointSigner | undefined) {
    this.process = toAsciiJson(process);
    this.last = last ?? { seq: 0, hash: NO_LINE };
    this.signer = signer;
  }

  /** @param members each behind a comma, ASCII alone. @returns the line with its line feed */
  append(kind: LineKind, members: string, epochMs: number): string {
    const seq = this.last.seq + 1;
    const time = this.toTime(epochMs);
    let text = `{"audit":"${kind}","process":${this.process},"seq":${seq},"time":"${time}"${members},"prev":"${this.last.hash}"`;
    if (this.signer !== undefined && (kind === 'header' || kind === 'checkpoint'))
      text += `,"signature":"${this.signer.sign(text)}"`;
    const digest = hash('sha256', text);
    this.last = { seq, hash: digest };
    return `${text},"hash":"${digest}"}\n`;
  }
}
