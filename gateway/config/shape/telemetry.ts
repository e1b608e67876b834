// `telemetry`: what the gateway tells of itself.
import { AUDIT } from './audit.ts';
import { choice } from './choice.ts';
import { section } from './section.ts';
import { TRACES } from './traces.ts';

export const TELEMETRY = section('What the gateway tells of itself.', {
  log: section('The log, on standard output.', {
    level: choice('Least severe level that is written.', ['trace', 'debug', 'info', 'warn', 'error', 'fatal']).prefault(
      'info',
    ),
    format: choice('json for machines, pretty for people.', ['json', 'pretty']).prefault('json'),
  }).prefault({}),
  audit: AUDIT.optional(),
  traces: TRACES.optional(),
}).prefault({});
