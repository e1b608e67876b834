// Where a command writes its lines.

/** Anything lines can be written to, such as `process.stdout`. */
export interface Output {
  write(text: string): unknown;
}
