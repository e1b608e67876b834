// Takes the white space between tokens out of JSON, and leaves each token spelled as it was.

export function toTokens(text: string | Buffer): string {
  return (text.toString().match(/"(?:[^"\\]|\\.)*"|[^\s"]+/gs) ?? []).join('');
}
