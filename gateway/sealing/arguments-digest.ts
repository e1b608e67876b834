// The digest of a JSON value by what it says, not by how it is spelled: RFC 8785 over bytes, with every number kept whole.
import { skipCanonicalNumber, writeNumber } from './canonical-number.ts';
import { CanonicalSink } from './canonical-sink.ts';
import { isCanonicalEscape, writeEscape } from './canonical-string.ts';
import { skipBlanks, skipPlain } from './json-tokens.ts';
import { indexObjects, type MemberNode, type ObjectNode } from './object-index.ts';

/**
 * Digests the value that begins at `start` of a text that `scanJson` accepted (depth at most 64, no repeated names).
 *
 * The canonical form is that of RFC 8785, but a number is written from its own digits instead of those of the nearest double:
 * the same where a double holds it, and different where two numbers would become one. Linear time, but for the sorting of names.
 *
 * @returns SHA-256 in base64url
 */
export function digestJson(text: Buffer, start: number): string {
  return new Canonical(text, start).digest();
}

/** One canonical text on its way into the digest. What is canonical as it stands is copied in long runs. */
class Canonical {
  private readonly text: Buffer;
  private readonly sink = new CanonicalSink();
  /** In the order in which they open. */
  private readonly objects: readonly ObjectNode[];
  private next = 0;
  /** From here up to where the writing stands, nothing needs a change. */
  private run = 0;

  constructor(text: Buffer, start: number) {
    this.text = text;
    this.objects = indexObjects(text, start);
    this.run = start;
    this.flush(this.write(start));
  }

  digest(): string {
    return this.sink.digest();
  }

  /** Writes the value at `at`; what is left of the run is written with what follows. @returns behind it */
  private write(at: number): number {
    const first = this.text[at] as number;
    if (first === 0x22) return this.writeString(at);
    if (first === 0x7b) return this.writeObject(at);
    if (first === 0x5b) return this.writeArray(at);
    // `true`, `false` and `null` have one spelling.
    return first >= 0x61 ? skipPlain(this.text, at) : this.writeNumber(at);
  }

  private writeArray(at: number): number {
    const { text } = this;
    let i = this.dropBlanks(at + 1);
    while (text[i] !== 0x5d) {
      i = this.write(i);
      if ((text[i] as number) <= 0x20) i = this.dropBlanks(i);
      if (text[i] === 0x2c) i++;
      if ((text[i] as number) <= 0x20) i = this.dropBlanks(i);
    }
    return i + 1;
  }

  private writeObject(at: number): number {
    const isEmpty = this.text[skipBlanks(this.text, at + 1)] === 0x7d;
    const node = isEmpty ? undefined : this.objects[this.next++];
    if (node?.isSorted === false) return this.writeSorted(node, at);
    let i = this.dropBlanks(at + 1);
    while (this.text[i] !== 0x7d) {
      i = this.dropBlanks(this.writeString(i));
      i = this.dropBlanks(this.write(this.dropBlanks(i + 1)));
      if (this.text[i] === 0x2c) i = this.dropBlanks(i + 1);
    }
    return i + 1;
  }

  private writeSorted({ members, end, objectsEnd }: ObjectNode, at: number): number {
    this.flush(at);
    for (let i = 0; i < members.length; i++) {
      const { nameStart, valueStart, objectsBefore } = members[i] as MemberNode;
      this.sink.put(i === 0 ? 0x7b : 0x2c);
      this.run = nameStart;
      this.flush(this.writeString(nameStart));
      this.sink.put(0x3a);
      this.run = valueStart;
      this.next = objectsBefore;
      this.flush(this.write(valueStart));
    }
    this.next = objectsEnd;
    this.run = end - 1;
    return end;
  }

  private writeString(at: number): number {
    const { text } = this;
    let i = at + 1;
    for (let c = text[i]; c !== 0x22; c = text[i]) {
      if (c !== 0x5c) {
        i++;
      } else if (isCanonicalEscape(text[i + 1] as number)) {
        i += 2;
      } else {
        this.flush(i);
        i = writeEscape(text, i, this.sink);
        this.run = i;
      }
    }
    return i + 1;
  }

  private writeNumber(at: number): number {
    const canonicalEnd = skipCanonicalNumber(this.text, at);
    if (canonicalEnd > 0) return canonicalEnd;
    this.flush(at);
    this.run = writeNumber(this.text, at, this.sink);
    return this.run;
  }

  private flush(end: number): void {
    this.sink.copy(this.text, this.run, end);
    this.run = end;
  }

  /** Leaves blanks out of the run. @returns behind them */
  private dropBlanks(at: number): number {
    const next = skipBlanks(this.text, at);
    if (next !== at) {
      this.flush(at);
      this.run = next;
    }
    return next;
  }
}
