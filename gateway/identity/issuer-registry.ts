// The keys of all configured issuers, and how one configuration hands them over to the next.
import { isDeepStrictEqual } from 'node:util';
import type { IdentitySettings } from './identity-settings.ts';
import { IssuerKeys, type KeyDeps, type KeySource } from './issuer-keys.ts';

export interface IssuerRegistry {
  /** Starts to fetch; resolves when the first fetch of each issuer is done or has failed. Never rejects. */
  ready(): Promise<void>;
  readonly issuers: readonly { readonly issuer: string; readonly hasKeys: boolean; readonly stale: boolean }[];
  find(issuer: string): IssuerKeys | undefined;
  /** Stops fetching for issuers that no other registry has taken over. */
  close(): void;
}

/**
 * Takes over from `previous` the issuers whose keys are found and fetched in the same way: their keys survive a reload, and
 * they go on with the `deps` they were made with. Nothing is fetched before `ready()`. Close each registry once, the
 * previous one too: what was taken over lives until its last registry is closed.
 */
export function makeIssuerRegistry(
  settings: IdentitySettings,
  deps: KeyDeps,
  previous?: IssuerRegistry,
): IssuerRegistry {
  const byIssuer = new Map(
    settings.issuers.map(({ issuer, jwksUri, algorithms }) => {
      const source: KeySource = { issuer, jwksUri, algorithms, keys: settings.keys };
      const carried = previous?.find(issuer);
      const same = carried !== undefined && isDeepStrictEqual(carried.source, source);
      return [issuer, same ? carried : new IssuerKeys(source, deps)];
    }),
  );
  const all = [...byIssuer.values()];
  for (const keys of all) keys.hold();
  let isClosed = false;
  return {
    async ready() {
      await Promise.all(all.map((keys) => keys.ready()));
    },
    get issuers() {
      return all.map((keys) => ({
        issuer: keys.source.issuer,
        hasKeys: keys.current(deps.nowMs()) !== undefined,
        stale: keys.isStale,
      }));
    },
    find: (issuer) => byIssuer.get(issuer),
    close() {
      if (isClosed) return;
      isClosed = true;
      for (const keys of all) keys.release();
    },
  };
}
