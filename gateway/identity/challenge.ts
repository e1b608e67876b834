// Writes `WWW-Authenticate` headers, from configuration alone and before any request comes.

type Header = Readonly<Record<string, string>>;

export interface Challenges {
  /** No token came (401). */
  absent(): Header;
  /** `invalid_token` (401) or `invalid_request` (400). */
  invalid(error: 'invalid_token' | 'invalid_request'): Header;
  /** No token came, and this needs one with these scopes, all of them (401). */
  required(scopes: readonly string[]): Header;
  /** These scopes, all of them, are needed (403). */
  insufficient(scopes: readonly string[]): Header;
}

/** RFC 6749 section 3.3; none of these needs an escape in a quoted string. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Makes the challenges of one endpoint (RFC 6750 section 3, RFC 9728 section 5.1, MCP basic/authorization).
 *
 * A scope that could not stand in the header is left out, and so is `offline_access`, which is a matter between client and
 * issuer. Without any scope there is no `scope` at all.
 *
 * @param settings.scopes what a client without a token should ask for
 * @throws TypeError when the URL cannot stand in a header
 */
export function makeChallenges(settings: {
  readonly resourceMetadataUrl: string;
  readonly scopes: readonly string[];
}): Challenges {
  const metadata = `resource_metadata=${quote(settings.resourceMetadataUrl)}`;
  const toHeader = (scopes: readonly string[], error?: string): Header => {
    const words = [...new Set(scopes)].filter((scope) => SCOPE.test(scope) && scope !== 'offline_access');
    const parameters = [metadata];
    if (words.length > 0) parameters.push(`scope=${quote(words.join(' '))}`);
    if (error !== undefined) parameters.push(`error=${quote(error)}`);
    return Object.freeze({ 'www-authenticate': `Bearer ${parameters.join(', ')}` });
  };
  const absent = toHeader(settings.scopes);
  const invalid = {
    invalid_token: toHeader(settings.scopes, 'invalid_token'),
    invalid_request: toHeader(settings.scopes, 'invalid_request'),
  };
  /** By the very list of a rule; lists put together for one request go with it. */
  const known = {
    required: new WeakMap<readonly string[], Header>(),
    insufficient: new WeakMap<readonly string[], Header>(),
  };
  return {
    absent: () => absent,
    invalid: (error) => invalid[error],
    required: (scopes) => {
      const header = known.required.get(scopes) ?? toHeader(scopes);
      known.required.set(scopes, header);
      return header;
    },
    insufficient: (scopes) => {
      const header = known.insufficient.get(scopes) ?? toHeader(scopes, 'insufficient_scope');
      known.insufficient.set(scopes, header);
      return header;
    },
  };
}

/** A quoted-string (RFC 9110 section 5.6.4). */
function quote(text: string): string {
  if (!PRINTABLE.test(text)) throw new TypeError('a challenge holds printable ASCII only');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
