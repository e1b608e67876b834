// `upstreams`: the MCP servers behind the gateway, by name.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { CREDENTIAL } from './credential.ts';
import { duration } from './duration.ts';
import { exactlyOne } from './exactly-one.ts';
import { findAbsoluteUri, findHttpUrl } from './find-url.ts';
import { integer } from './integer.ts';
import { listOf } from './list-of.ts';
import { mapOf } from './map-of.ts';
import { percent } from './percent.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { clientTls } from './tls.ts';

function url(description: string): z.ZodType<string> {
  return text({
    description,
    expected: 'an http or https URL without user name, query and fragment, such as http://weather-1:3000/mcp',
    find: findHttpUrl,
  });
}

const INSTANCES = listOf(
  'URLs of equal instances, the path included.',
  url('URL of one instance.'),
  'at least one instance',
).superRefine((urls, ctx) => {
  // A URL that was refused has its own problem already.
  const sound = Array.isArray(urls) ? [...urls.entries()].filter(([, url]) => typeof url === 'string') : [];
  const seen = new Map<string, number>();
  for (const [index, url] of sound) {
    const earlier = seen.get(url);
    const scheme = toScheme(sound[0]?.[1] ?? url);
    if (earlier !== undefined) {
      addProblem(ctx, [index], (found) => `expected each instance once; ${found} is the same as [${earlier}]`);
    } else if (toScheme(url) !== scheme) {
      addProblem(ctx, [index], (found) => `expected ${scheme} like the first instance, found ${found}`);
    }
    seen.set(url, earlier ?? index);
  }
}, ALWAYS);

const DNS = section('Instances are all addresses one name resolves to.', {
  url: url('URL whose host name is resolved; the path included.'),
  refresh: duration('How often the name is resolved again.').prefault('10s'),
});

const TIMEOUTS = section('How long an instance may take.', {
  connect: duration('To accept a connection, TLS included.').prefault('1s'),
  headers: duration('To begin its answer.').prefault('30s'),
  idle: duration('Longest silence inside an answer.').prefault('60s'),
  total: duration('For one request from beginning to end.').prefault('10m'),
}).prefault({});

const HEALTH = section('When an instance is left alone.', {
  active: section('Send each instance a server/discover on a timer. Absent: judged by traffic alone.', {
    every: duration('How often.').prefault('5s'),
    timeout: duration('How long the answer may take.').prefault('1s'),
  }).optional(),
  ejectAfter: integer('Failures in a row after which an instance is ejected.', 1, 1_000_000).prefault(5),
  ejectFor: duration(
    'How long the first ejection lasts; each one more in a row adds as much, up to ten times.',
  ).prefault('30s'),
  ejectAtMost: percent('Largest share of the instances that may be ejected at once.').prefault('50%'),
}).prefault({});

const UPSTREAM = exactlyOne(
  section('One MCP server: one or more equal instances.', {
    instances: INSTANCES.optional(),
    dns: DNS.optional(),
    balance: choice('How an instance is chosen.', ['round-robin', 'least-requests']).prefault('round-robin'),
    timeouts: TIMEOUTS,
    paramHeaders: choice('Mcp-Param headers: check them against the arguments, or forward them as they came.', [
      'check',
      'forward',
    ]).prefault('check'),
    health: HEALTH,
    resource: text({
      description: 'Its own resource identifier, for `credential`.',
      expected: 'an absolute URI without fragment, such as https://weather.example.com/mcp',
      find: findAbsoluteUri,
    }).optional(),
    credential: CREDENTIAL.optional(),
    tls: clientTls('How to speak TLS with https instances. Absent: the public authorities of Node.').optional(),
  }),
  'instances',
  'dns',
).superRefine((upstream, ctx) => {
  if (typeof upstream !== 'object' || upstream === null || !('tls' in upstream)) return;
  const urls: readonly unknown[] = Array.isArray(upstream.instances) ? upstream.instances : [upstream.dns?.url];
  if (!urls.some((url) => typeof url === 'string' && toScheme(url) === 'http')) return;
  addProblem(ctx, ['tls'], 'needs https instances; these are plain http');
}, ALWAYS);

export const UPSTREAMS = mapOf(
  'MCP servers behind the gateway, by name. The name appears in logs and metrics.',
  { pattern: /^[A-Za-z0-9_-]{1,63}$/, expected: '1 to 63 letters, digits, `_` or `-`', least: 'at least one upstream' },
  UPSTREAM,
);

function toScheme(url: string): 'http' | 'https' {
  return url.startsWith('https:') ? 'https' : 'http';
}
