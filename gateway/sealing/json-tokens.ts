// Steps over the tokens of JSON that `scanJson` has accepted; each gives the place behind what it steps over.

export function skipBlanks(text: Buffer, at: number): number {
  let i = at;
  while ((text[i] as number) <= 0x20) i++;
  return i;
}

/** @param at the opening quote */
export function skipString(text: Buffer, at: number): number {
  let i = at + 1;
  while (text[i] !== 0x22) i += text[i] === 0x5c ? 2 : 1;
  return i + 1;
}

export function skipDigits(text: Buffer, at: number): number {
  let i = at;
  while ((text[i] as number) >= 0x30 && (text[i] as number) <= 0x39) i++;
  return i;
}

/** Over a number or a word, or what is left of one. */
export function skipPlain(text: Buffer, at: number): number {
  let i = at;
  for (; i < text.length; i++) {
    const c = text[i] as number;
    if (c === 0x2c || c === 0x5d || c === 0x7d || c <= 0x20) break;
  }
  return i;
}
