// `telemetry.traces`: spans of requests, sent to a collector.
import type { z } from 'zod';
import { findHttpUrl } from './find-url.ts';
import { fraction } from './fraction.ts';
import { mapOf } from './map-of.ts';
import { secret } from './secret.ts';
import { section } from './section.ts';
import { text } from './text.ts';

const HEADERS = mapOf(
  'Headers sent with every export, such as the key of the collector.',
  { pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, expected: 'the name of a header' },
  secret('Its value.'),
);

export const TRACES = section('Spans of requests, sent to a collector. Absent: none are made.', {
  otlp: text({
    description: 'URL of an OTLP/HTTP collector, without /v1/traces.',
    expected: 'an http or https URL without user name, query and fragment, such as http://collector:4318',
    find: findHttpUrl,
  }),
  sample: fraction('Share of requests that are recorded, from 0 to 1.').prefault(0.1),
  headers: HEADERS.prefault({}),
});

/** Traces that fit the shape. */
export type CheckedTraces = z.output<typeof TRACES>;
