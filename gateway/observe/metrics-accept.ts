// Which of the two text formats a scraper asks for, and how each is announced.

export type TextFormat = 'text' | 'openmetrics';

/** Sent with a scrape, by format. */
export const CONTENT_TYPES: Readonly<Record<TextFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const OPENMETRICS = 'application/openmetrics-text';
const PLAIN: ReadonlySet<string> = new Set(['text/plain', 'text/*', '*/*']);
const SUPPORTED_VERSIONS: ReadonlySet<string> = new Set(['', '1.0.0', '0.0.1']);
/** No scraper asks for more; what is behind that is not looked at. */
const MAX_LENGTH = 2000;
const MAX_RANGES = 32;

/**
 * OpenMetrics, which carries exemplars, is sent to those alone who ask for it by name and do not like plain text better
 * (RFC 9110 section 12.5.1).
 *
 * @param accept the value of `Accept`; undefined when there was none
 */
export function chooseFormat(accept: string | undefined): TextFormat {
  if (accept === undefined || accept.length > MAX_LENGTH) return 'text';
  let open = 0;
  let plain = 0;
  for (const range of accept.split(',', MAX_RANGES)) {
    const [type = '', ...params] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = toQuality(params.find((param) => param.startsWith('q=')));
    if (type === OPENMETRICS && SUPPORTED_VERSIONS.has(findVersion(params))) open = Math.max(open, quality);
    if (PLAIN.has(type)) plain = Math.max(plain, type === 'text/plain' ? quality : 0);
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'text';
}

function findVersion(params: readonly string[]): string {
  const found = params.find((param) => param.startsWith('version='))?.slice('version='.length) ?? '';
  return found.replaceAll('"', '');
}

/** A weight that is none counts as zero: nobody asked for that clearly. */
function toQuality(param: string | undefined): number {
  if (param === undefined) return 1;
  const quality = Number(param.slice(2) || 'none');
  return quality >= 0 && quality <= 1 ? quality : 0;
}
