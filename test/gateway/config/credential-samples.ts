// Configurations with one credential.

/** `more` stands behind the credential, in its upstream. */
export const withCredential = (credential: string, more = ''): string => `
identity: { anonymous: true, issuers: [{ issuer: https://login.test }] }
publicUrl: https://mcp.test
upstreams:
  a: { instances: [https://a.test/mcp, https://b.test/mcp], credential: ${credential} ${more} }
endpoints: { /mcp: { upstream: a } }
`;
