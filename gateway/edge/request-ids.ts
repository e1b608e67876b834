// Names every request, so that its line in the log, in the audit trail and in a trace can be found by one word.

/** @param seed random bytes that no other process has */
export function makeRequestIds(seed: Buffer): () => string {
  const prefix = `${seed.toString('hex')}-`;
  let count = 0;
  return () => prefix + (++count).toString(36);
}
