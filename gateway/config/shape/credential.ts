// `credential`: how the gateway proves itself to an upstream.
import type { z } from 'zod';
import { algorithm } from './algorithm.ts';
import { choice } from './choice.ts';
import { duration } from './duration.ts';
import { exactlyOne } from './exactly-one.ts';
import { findAbsoluteUri, findSafeUrl } from './find-url.ts';
import { issuerName } from './grant.ts';
import { listOf } from './list-of.ts';
import { exact, scope } from './scope.ts';
import { secret, secretText } from './secret.ts';
import { section } from './section.ts';
import { text } from './text.ts';
import { fileName } from './tls.ts';

const SECRET = { secret: true } as const;

/** A token of RFC 9110 section 5.6.2 that is none of the headers the gateway itself or its connection writes. */
const HEADER_NAME =
  /^(?!(?:host|content-[a-z]+|accept(?:-[a-z]+)?|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|via|proxy-.*|mcp-.*|traceparent|tracestate|baggage)$)[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/;

function headerName(description: string): z.ZodType<string> {
  return text({
    description,
    expected: "the name of a header that is none of the gateway's own, such as X-Api-Key",
    find: (name) => (HEADER_NAME.test(name.toLowerCase()) ? name.toLowerCase() : undefined),
  });
}

const AUDIENCE = text({
  description: 'Who the token is for.',
  expected: 'a text of 1 to 512 visible ASCII characters',
  find: (value) => (/^[\x21-\x7E]{1,512}$/.test(value) ? value : undefined),
});

const HEADER = exactlyOne(
  section(
    'A header with a fixed value.',
    {
      name: headerName('Its name.'),
      value: secretText('Its value.').optional(),
      file: fileName('File that holds its value; spaces and line ends around it do not count.').optional(),
    },
    SECRET,
  ),
  'value',
  'file',
);

const ASSERTION = section(
  'A short-lived JWT about the caller, signed by the gateway.',
  {
    key: fileName('PEM file: the private key, not encrypted; EC P-256 or P-384, RSA of 2048 bits or more, Ed25519.'),
    keyId: exact('`kid` of the JWT. Default: the thumbprint of the key.').optional(),
    algorithm: algorithm('A JWS algorithm that fits the key. Default: ES256, ES384, RS256 or EdDSA.').optional(),
    ttl: duration('How long it is valid.', { most: { ms: 3_600_000, text: '1h' } }).prefault('60s'),
    audience: AUDIENCE.meta({
      description: '`aud`. Default: `resource` of the upstream, or its first URL.',
    }).optional(),
    issuer: text({
      description: '`iss`. Default: `publicUrl`.',
      expected: 'an absolute URI without fragment',
      find: findAbsoluteUri,
    }).optional(),
    header: headerName('The header that carries it.').prefault('Authorization'),
  },
  SECRET,
);

const EXCHANGE = section(
  "The caller's token is exchanged at its issuer (RFC 8693) for one that is meant for the upstream.",
  {
    issuer: issuerName('Where: one of `identity.issuers`.'),
    tokenEndpoint: text({
      description: 'Its token endpoint. Default: found through discovery.',
      expected: 'an https URL (plain http on loopback hosts alone) without user name and fragment',
      find: findSafeUrl,
    }).optional(),
    clientId: exact('The client id of the gateway there.'),
    clientSecret: secret('The client secret of the gateway there.'),
    audience: AUDIENCE.meta({ description: 'The parameter `audience`. Default: none.' }).optional(),
    scopes: listOf('Scopes to ask for. Default: what the issuer gives.', scope('A scope.')).prefault([]),
    timeout: duration('How long one exchange may take.').prefault('5s'),
  },
  SECRET,
);

export const CREDENTIAL = exactlyOne(
  section(
    'How the gateway proves itself. Absent: not at all.',
    {
      bearer: secret('A fixed bearer token.').optional(),
      header: HEADER.optional(),
      assertion: ASSERTION.optional(),
      exchange: EXCHANGE.optional(),
      forward: choice(
        "same-resource: the caller's own token, when the upstream is the very resource it was issued for.",
        ['same-resource'],
      ).optional(),
    },
    SECRET,
  ),
  'bearer',
  'header',
  'assertion',
  'exchange',
  'forward',
);

/** A credential that fits the shape. */
export type CheckedCredential = z.output<typeof CREDENTIAL>;
