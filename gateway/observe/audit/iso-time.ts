// Writes times as ISO 8601 with milliseconds; the text of a second is made once.

/** @returns takes milliseconds since 1970, whole ones are used */
export function makeIsoTime(): (epochMs: number) => string {
  let second = Number.NaN;
  let text = '';
  return (epochMs) => {
    const now = Math.floor(epochMs / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toISOString().slice(0, -4);
    }
    return `${text}${String(Math.floor(epochMs) - now * 1000).padStart(3, '0')}Z`;
  };
}
