// Times in conditions: RFC 3339 timestamps, durations as Go writes them, and the parts of a date in a time zone.
import { ConditionFault } from './fault.ts';
import { Duration, Failure, Instant, type Outcome } from './value.ts';

const NO_TIME = new Failure('a text is not a timestamp of RFC 3339');
const NO_DURATION = new Failure('a text is not a duration such as 1h30m');

const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['us', 1e-3],
  ['ns', 1e-6],
]);
const MAX_DURATION = 64;
const DURATION = /^[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s|us|ns))+$/;

export function readTimestamp(text: string): Outcome {
  const ms = text.length <= 35 && TIMESTAMP.test(text) && isDay(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? NO_TIME : new Instant(ms);
}

/** `Date.parse` takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number) as [
    number,
    number,
    number,
  ];
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function readDuration(text: string): Outcome {
  if (text.length > MAX_DURATION || !DURATION.test(text)) return NO_DURATION;
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([0-9.]+)([a-z]+)/g))
    ms += Number(amount) * (UNITS.get(unit) ?? 0);
  return new Duration(text.startsWith('-') ? -ms : ms);
}

type Part = 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'minute' | 'second';

/** Which part each method reads, and what CEL counts from. */
const PARTS: ReadonlyMap<string, readonly [part: Part, offset: number]> = new Map<string, readonly [Part, number]>([
  ['getFullYear', ['year', 0]],
  ['getMonth', ['month', -1]],
  ['getDate', ['day', 0]],
  ['getDayOfMonth', ['day', -1]],
  ['getDayOfWeek', ['weekday', 0]],
  ['getHours', ['hour', 0]],
  ['getMinutes', ['minute', 0]],
  ['getSeconds', ['second', 0]],
]);
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['getHours', 3_600_000],
  ['getMinutes', 60_000],
  ['getSeconds', 1000],
]);
const WEEKDAYS: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const NO_DATE = new Failure('it is neither a timestamp nor a duration');
const FAR = new Failure('a timestamp is out of range');

/**
 * @param zone an IANA time zone or an offset such as `+02:00`; undefined: UTC
 * @returns undefined when there is no such method
 */
export function compileDatePart(method: string, zone: string | undefined): ((value: Outcome) => Outcome) | undefined {
  const found = PARTS.get(method);
  if (found === undefined) return undefined;
  const [part, offset] = found;
  const format = makeFormat(zone ?? 'UTC', part);
  const perUnit = zone === undefined ? DURATION_UNITS.get(method) : undefined;
  return (value) => {
    if (value instanceof Duration) return perUnit === undefined ? NO_DATE : BigInt(Math.trunc(value.ms / perUnit));
    if (!(value instanceof Instant)) return value instanceof Failure ? value : NO_DATE;
    // What a Date can hold.
    if (!(Math.abs(value.ms) <= 8.64e15)) return FAR;
    const text = format.formatToParts(value.ms).find(({ type }) => type === part)?.value ?? '';
    return BigInt((part === 'weekday' ? WEEKDAYS.indexOf(text) : Number(text)) + offset);
  };
}

function makeFormat(timeZone: string, part: Part): Intl.DateTimeFormat {
  const style = part === 'weekday' ? 'short' : 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, [part]: style, hourCycle: 'h23', calendar: 'gregory' });
  } catch (cause) {
    throw new ConditionFault(`"${timeZone.slice(0, 64)}" is not a time zone`, { cause });
  }
}
