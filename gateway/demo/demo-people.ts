// Who calls in the demo: a reader and an administrator, each with a token of the development issuer.
import type { DevIssuer, Person } from './dev-issuer.ts';

const ALICE: Person = { subject: 'alice', scopes: ['weather:read'], groups: [] };
const ADA: Person = { subject: 'ada', scopes: ['weather:read'], groups: ['weather-admins'] };

/** Where the demo calls, and what proves its callers. */
export interface DemoScene {
  /** The endpoint, which is also its resource identifier. */
  readonly url: string;
  readonly alice: string;
  readonly ada: string;
  /** Alice's token for another resource. */
  readonly elsewhere: string;
}

/** A demo is looked at for an afternoon, not for a minute. */
const LIFETIME_S = 24 * 3600;

export async function makeScene(url: string, issuer: DevIssuer): Promise<DemoScene> {
  const [alice, ada, elsewhere] = await Promise.all([
    issuer.mint(ALICE, url, LIFETIME_S),
    issuer.mint(ADA, url, LIFETIME_S),
    issuer.mint(ALICE, `${url}/elsewhere`, LIFETIME_S),
  ]);
  return { url, alice, ada, elsewhere };
}
