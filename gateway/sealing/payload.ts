// What a seal holds: a few notes of the gateway, then the upstream's own literal, byte for byte.

export type Note = string | number | null;

export interface Payload {
  readonly notes: readonly Note[];
  /** A JSON literal as the upstream wrote it. */
  readonly literal: string;
}

/** JSON without indentation has no line feed outside of what it escapes, so the first one ends the notes. */
export function writePayload(notes: readonly Note[], literal: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(notes)}\n`), literal]);
}

/** Reads what `writePayload` wrote; only for bytes that came out of a seal. */
export function readPayload(payload: Buffer): Payload {
  const end = payload.indexOf(0x0a);
  return {
    notes: JSON.parse(payload.toString('utf8', 0, end)) as Note[],
    literal: payload.toString('utf8', end + 1),
  };
}
