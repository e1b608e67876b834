// Makes the checked form of one credential: secrets from where they stand, defaults from the upstream.
import type { CredentialConfig } from './credential-config.ts';
import type { CredentialContents } from './read-credential.ts';
import type { CheckedCredential } from './shape/credential.ts';

export interface CredentialSurroundings {
  readonly contents: CredentialContents;
  /** The upstream's resource identifier, or what stands for it. */
  readonly resource: string;
  readonly publicUrl: string;
}

/** Takes a credential that fits the shape, whose files were read. Undefined only when it has no kind at all. */
export function compileCredential(
  raw: CheckedCredential,
  around: CredentialSurroundings,
): CredentialConfig | undefined {
  const { contents, resource, publicUrl } = around;
  const { secret = '', keyPem = '', algorithm = '' } = contents;
  const { header, assertion, exchange } = raw;
  if (raw.bearer !== undefined) return { kind: 'bearer', token: secret };
  if (header !== undefined) return { kind: 'header', name: header.name, value: secret };
  if (assertion !== undefined) {
    return {
      kind: 'assertion',
      keyPem,
      keyId: assertion.keyId,
      algorithm,
      ttlMs: assertion.ttl,
      audience: assertion.audience ?? resource,
      issuer: assertion.issuer ?? publicUrl,
      header: assertion.header,
    };
  }
  if (exchange !== undefined) {
    const { issuer, tokenEndpoint, clientId, audience, scopes, timeout: timeoutMs } = exchange;
    const target = { resource, audience, scopes: [...new Set(scopes)], timeoutMs };
    return { kind: 'exchange', issuer, tokenEndpoint, clientId, clientSecret: secret, ...target };
  }
  return raw.forward && { kind: 'forward' };
}
