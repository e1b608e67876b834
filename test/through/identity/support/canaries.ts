// Tokens that are good and bad in every way, and a search for any piece of them.
import { randomBytes } from 'node:crypto';
import { type FakeIssuer, makeFakeKey, signToken } from '../../../support/fake-issuer.ts';
import { forgeToken } from '../../../support/forge-token.ts';
import { RESOURCE } from './guarded-gateway.ts';

/** Any run of this many characters of a token's payload or signature is found. */
const RUN = 16;

export class Canaries {
  readonly #runs = new Set<string>();

  /** Remembers every run of a token, and the claim that only it has. */
  add(token: string): string {
    const [, ...segments] = token.split('.');
    for (const text of segments) for (let i = 0; i + RUN <= text.length; i++) this.#runs.add(text.slice(i, i + RUN));
    return token;
  }

  addSecret(secret: string): string {
    this.#runs.add(secret.slice(0, RUN));
    return secret;
  }

  find(text: string): string | undefined {
    for (let i = 0; i + RUN <= text.length; i++) {
      const run = text.slice(i, i + RUN);
      if (this.#runs.has(run)) return text.slice(Math.max(0, i - 80), i + 80);
    }
    return undefined;
  }
}

/** One token of each kind; all are remembered in `canaries`. */
export async function makeTokens(canaries: Canaries, issuer: FakeIssuer): Promise<Readonly<Record<string, string>>> {
  const now = Math.floor(Date.now() / 1000);
  const base = () => ({
    iss: issuer.issuer,
    aud: RESOURCE,
    sub: 'anna',
    scope: 'weather:read',
    exp: now + 600,
    secret: canaries.addSecret(randomBytes(24).toString('hex')),
  });
  const foreign = await makeFakeKey('ES256');
  const sign = (changes: object = {}, header: object = {}, key = issuer.key) =>
    signToken(key, { ...base(), ...changes }, header);
  const tokens = {
    honest: await sign(),
    otherAudience: await sign({ aud: 'https://other.example.com/mcp' }),
    expired: await sign({ exp: now - 600 }),
    future: await sign({ iat: now + 600 }),
    withoutSubject: await sign({ sub: undefined }),
    bound: await sign({ cnf: { jkt: 'x' } }),
    oddScopes: await sign({ scope: { all: true } }),
    unknownKid: await sign({}, { kid: 'nobody' }),
    foreignKey: await sign({}, { kid: issuer.key.kid }, foreign),
    otherIssuer: await sign({ iss: 'https://elsewhere.example.com' }),
    otherType: await sign({}, { typ: 'JWT' }),
    critical: forgeToken(issuer.key, { alg: 'ES256', kid: issuer.key.kid, typ: 'at+jwt', crit: ['x'], x: 1 }, base()),
    large: await sign({ padding: 'x'.repeat(8_000) }),
  };
  for (const token of Object.values(tokens)) canaries.add(token);
  return tokens;
}
