// The catalogs of all upstreams of one configuration; those whose upstream did not change are carried over.
import { type Catalog, type CatalogDeps, type CatalogSettings, makeCatalog } from './catalog.ts';

export interface Catalogs {
  find(upstream: string): Catalog | undefined;
  /** True when a list of this upstream showed the tool, so that its name may stand in a label. */
  isKnownTool(upstream: string, tool: string): boolean;
  isKnownPrompt(upstream: string, prompt: string): boolean;
  /** Begins to read; once the upstreams know their instances. Resolves when the first readings are over; never rejects. */
  start(): Promise<void>;
}

/** A catalog of `previous` for the same upstream object and the same credential goes on with the `deps` it was made with. */
export function makeCatalogs(all: readonly CatalogSettings[], deps: CatalogDeps, previous?: Catalogs): Catalogs {
  const byName = new Map(
    all.map((settings) => {
      const { name } = settings.upstream;
      const carried = previous?.find(name);
      return [
        name,
        carried !== undefined && isSame(carried.settings, settings) ? carried : makeCatalog(settings, deps),
      ];
    }),
  );
  return {
    find: (upstream) => byName.get(upstream),
    isKnownTool: (upstream, tool) => byName.get(upstream)?.findTool(tool) !== undefined,
    isKnownPrompt: (upstream, prompt) => byName.get(upstream)?.findPrompt(prompt) === true,
    async start() {
      await Promise.all([...byName.values()].map((catalog) => catalog.start()));
    },
  };
}

function isSame(a: CatalogSettings, b: CatalogSettings): boolean {
  return (
    a.upstream === b.upstream &&
    a.credential === b.credential &&
    a.needsCaller === b.needsCaller &&
    a.paramHeaders === b.paramHeaders
  );
}
