// Where the outer members of a checked JSON text stand, in bytes.

/** The parent of the root object's members. */
export const ROOT = -1;

/**
 * Where the members of the outer objects stand. Offsets are bytes. One instance is reused by every scan:
 * read what is needed at once, and keep no reference to it across an `await`.
 */
export class JsonIndex {
  count = 0;
  /** First byte of the root value: `{`, `[`, `"` and so on. */
  rootKind = 0;
  parent = new Int32Array(256);
  nameStart = new Int32Array(256);
  nameEnd = new Int32Array(256);
  nameEscaped = new Uint8Array(256);
  valueStart = new Int32Array(256);
  valueEnd = new Int32Array(256);

  add(parent: number, start: number, end: number, escaped: boolean): number {
    if (this.count === this.parent.length) this.grow();
    const at = this.count++;
    this.parent[at] = parent;
    this.nameStart[at] = start;
    this.nameEnd[at] = end;
    this.nameEscaped[at] = escaped ? 1 : 0;
    return at;
  }

  private grow(): void {
    for (const column of ['parent', 'nameStart', 'nameEnd', 'valueStart', 'valueEnd'] as const) {
      const wider = new Int32Array(this[column].length * 2);
      wider.set(this[column]);
      this[column] = wider;
    }
    const wider = new Uint8Array(this.nameEscaped.length * 2);
    wider.set(this.nameEscaped);
    this.nameEscaped = wider;
  }
}

/** A member's name as text; the bytes must have passed `scanJson`. */
export function decodeName(bytes: Buffer, start: number, end: number, escaped: boolean): string {
  return escaped
    ? (JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string)
    : bytes.toString('utf8', start, end);
}
