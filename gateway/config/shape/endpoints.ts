// `endpoints`: the paths clients call, and where their requests go.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { choice } from './choice.ts';
import { exactlyOne } from './exactly-one.ts';
import { EXTENSIONS } from './extensions.ts';
import { findAbsoluteUri } from './find-url.ts';
import { glob } from './glob.ts';
import { issuerName } from './grant.ts';
import { listOf } from './list-of.ts';
import { mapOf } from './map-of.ts';
import { META } from './meta.ts';
import { METHOD } from './method.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { fileName } from './tls.ts';

/** Unreserved characters and a few more: nothing that a router, a shell or a header would read as its own syntax. */
const PATH = /^(?!.*\/\.{1,2}(?:\/|$))(?!\/\.well-known(?:\/|$))(?:\/|(?:\/[A-Za-z0-9._~@+=,-]+)+\/?)$/;

const upstream = (description: string) =>
  text({ description, expected: 'the name of an upstream', find: (name) => (name === '' ? undefined : name) });

const PARAMS = mapOf(
  'Mcp-Param headers that must all match, by name without the prefix Mcp-Param-.',
  {
    pattern: /^(?!mcp-param-)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/i,
    expected: 'the name of an Mcp-Param header, without the prefix Mcp-Param-',
  },
  glob('Value of the header.'),
).superRefine((params, ctx) => {
  if (!(params instanceof Map)) return;
  const seen = new Set<string>();
  for (const name of params.keys()) {
    const header = name.toLowerCase();
    if (seen.has(header)) addProblem(ctx, [name], 'names the same header as an earlier key; case does not count');
    seen.add(header);
  }
}, ALWAYS);

const ROUTE = section('One route.', {
  match: section('What a request must be like. All that is named must match; absent: any request.', {
    methods: listOf('Methods, any of them.', METHOD).optional(),
    names: listOf('Names or URIs (Mcp-Name), any of them.', glob('A name.')).optional(),
    params: PARAMS.optional(),
  }).optional(),
  upstream: upstream('The upstream that gets these requests.'),
});

const ROUTES = listOf('Header routing: the first match wins.', ROUTE, 'at least one route').superRefine(
  (routes, ctx) => {
    const open = routes.findIndex((route) => isOpen(route.match));
    for (const index of open < 0 ? [] : [...routes.keys()].slice(open + 1)) {
      addProblem(ctx, [index], `is never reached: the route [${open}] before it takes every request`);
    }
  },
);

/** Takes every request: no match at all, or one that names nothing. */
function isOpen(match: z.output<typeof ROUTE>['match']): boolean {
  if (match === undefined) return true;
  const { methods = [], names = [], params } = match;
  return methods.length === 0 && names.length === 0 && (params === undefined || params.size === 0);
}

const ENDPOINT = exactlyOne(
  section('One path, and one protected resource.', {
    resource: text({
      description: 'Resource identifier that tokens must carry. Default: `publicUrl` and the path.',
      expected: 'an absolute URI without fragment, such as https://mcp.example.com/mcp',
      find: findAbsoluteUri,
    }).optional(),
    upstream: upstream('The upstream that gets all requests.').optional(),
    routes: ROUTES.optional(),
    issuers: listOf(
      'Issuers whose tokens count here. Default: all of `identity.issuers`.',
      issuerName('An issuer.'),
      'at least one issuer',
    ).optional(),
    access: listOf(
      'Files of access rules. Required unless `identity.anonymous`; without it everything is open.',
      fileName('A file of access rules.'),
      'at least one file',
    ).optional(),
    onDeny: choice('What a denied caller is told: challenge says so, hide answers as if there were nothing.', [
      'challenge',
      'hide',
    ]).prefault('challenge'),
    extensions: EXTENSIONS.optional(),
    meta: META.optional(),
  }),
  'upstream',
  'routes',
);

export const ENDPOINTS = mapOf(
  'Paths that clients call, compared exactly.',
  {
    pattern: PATH,
    expected:
      'an absolute path such as /weather/mcp of letters, digits and -._~@+=, without dot segments, escapes or a query, and not under /.well-known/',
    least: 'at least one endpoint',
  },
  ENDPOINT,
);
