// Seals what an upstream hands out in the answers to one request.

export interface Sealer {
  /**
   * @param literal a JSON literal as the upstream wrote it, out of a text that `scanJson` accepted
   * @returns what stands between quotes in its place, in JSON and in texts alike; undefined when it is too long to come back
   */
  seal(literal: Buffer): string | undefined;
}
