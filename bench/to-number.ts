// Reads the value of a command-line option that must be a number above zero.

export function toNumber(option: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY))
    throw new TypeError(`${option} takes a number above zero, not ${text}`);
  return number;
}
