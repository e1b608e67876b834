// Watches the members of a result that streams by: it must be complete, and each of its names must stand there once.

import { isLookalike, makeFieldNames } from './field-names.ts';
import { LOOKALIKE } from './field-scan.ts';
import { MESSAGE_FIELDS } from './message-fields.ts';

/** No name of the protocol comes near it; a longer one is not kept, and refused. */
const MAX_NAME_BYTES = 1024;
const MAX_NAMES = 256;
const RESULT_FIELDS = makeFieldNames(['resultType']);

/** Fed by `JsonWatch` with what stands directly in the result. */
export class ResultWatch {
  private readonly names = new Set<string>();
  private name = '';
  private kept: number[] = [];

  /** A name begins, or a value. */
  begin(c: number): void {
    this.kept = [c];
  }

  keep(c: number): void {
    if (this.kept.length <= MAX_NAME_BYTES) this.kept.push(c);
  }

  /** @returns false when a result with this name may not stand */
  endName(): boolean {
    if (this.kept.length > MAX_NAME_BYTES || this.names.size === MAX_NAMES) return false;
    this.name = this.toText();
    if (this.names.has(this.name) || isLookalike(this.name, RESULT_FIELDS)) return false;
    this.names.add(this.name);
    return true;
  }

  /** @returns false when the result is not complete */
  endValue(): boolean {
    if (this.name !== 'resultType') return true;
    return this.kept[0] === 0x22 && this.kept.length <= MAX_NAME_BYTES && this.toText() === 'complete';
  }

  isOuterLookalike(literal: Buffer): boolean {
    return MESSAGE_FIELDS.scan(literal, 0, literal.length) === LOOKALIKE;
  }

  private toText(): string {
    return JSON.parse(Buffer.from(this.kept).toString('utf8')) as string;
  }
}
