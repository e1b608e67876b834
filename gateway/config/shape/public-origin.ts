// `publicUrl`, `allowedHosts` and `allowedOrigins`: by which names the gateway is called, and by whose pages.
import { z } from 'zod';
import { findHttpOrigin, findOrigin } from './find-url.ts';
import { listOf } from './list-of.ts';
import { text } from './text.ts';

const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;

export const PUBLIC_URL = text({
  description:
    'The origin clients use; resource identifiers and metadata build on it. Default: the address of `listen`.',
  expected: 'an http or https origin such as https://mcp.example.com, without a path (not even a slash at the end)',
  find: findHttpOrigin,
}).optional();

const ALLOWED_HOST = text({
  description: 'A host name or address, with a port or without; IPv6 in brackets. "*" allows any.',
  expected: 'a host such as mcp.example.com or 127.0.0.1:8080 (IPv6 in brackets), or "*" alone',
  find: (value) => {
    const host = value.toLowerCase();
    return host === '*' || (HOST.test(host) && URL.canParse(`http://${host}`)) ? host : undefined;
  },
});

export const ALLOWED_HOSTS = z
  .union([
    z.literal('*').transform((any) => [any]),
    listOf('Hosts that are served.', ALLOWED_HOST, 'at least one host, or "*"'),
  ])
  .meta({ description: 'Values of Host that are served; "*": any. Default: the hosts of `publicUrl` and `listen`.' })
  .optional();

export const ALLOWED_ORIGINS = listOf(
  'Browser origins whose pages may call the endpoints. Default: none.',
  text({
    description: 'An origin, exactly as browsers send it.',
    expected: 'an origin such as https://app.example.com, without a path; there is no wildcard',
    find: findOrigin,
  }),
).prefault([]);
