// Says whether a text can be searched for another one in useful time.

/** V8 searches for longer needles by their last 250 characters alone, and takes the square of its time where those repeat. */
const SURE_LENGTH = 240;
const MAX_WORK = 2 ** 22;

/** @param textLength both in UTF-16 code units or bytes, as they are searched */
export function isSearchable(textLength: number, needleLength: number): boolean {
  return needleLength <= SURE_LENGTH || needleLength * textLength <= MAX_WORK;
}
