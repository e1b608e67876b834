// `tollgate check --live`: asks the upstreams for their tools and prompts, and names what rules mean and nobody offers.
import { makeCredentials } from '../compose-credentials.ts';
import type { EndpointConfig } from '../config/endpoint-config.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { escapeControls } from '../config/show-value.ts';
import type { Routed } from '../exchange.ts';
import { KINDS } from '../policy/compile-rules.ts';
import { toDeniedForms } from '../policy/denied-forms.ts';
import type { Credential } from '../upstream/credential.ts';
import { fetchList } from '../upstream/fetch-list.ts';
import { makeCandidates } from '../upstream/route.ts';
import { startTimer } from '../upstream/start-timer.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { makeFleet } from '../upstream/upstream-fleet.ts';
import { makeVerifiedFetch } from '../upstream/verified-fetch.ts';
import { type CheckSettings, checkConfig } from './check.ts';

const LISTS = [
  { list: 'tools', kind: 'tool', method: 'tools/call' },
  { list: 'prompts', kind: 'prompt', method: 'prompts/get' },
] as const;

type List = (typeof LISTS)[number]['list'];

/** Names by list; or why there are none. */
type Offered = ReadonlyMap<List, ReadonlySet<string>> | { readonly why: string; readonly isFault: boolean };

/** A fixed secret looks at no request. */
const NO_REQUEST = {} as Routed;

/**
 * Does what `runCheck` does, and then asks. Names that no upstream offers are warnings. Resources are not looked at: a list of them
 * need not be whole, and a template stands for any number.
 *
 * @returns 1 for errors, and when an upstream did not give its lists
 */
export async function runLiveCheck(settings: CheckSettings): Promise<number> {
  const config = checkConfig(settings);
  if (config === undefined) return 1;
  const { err } = settings;
  const offered = await askAll(config);
  let isWhole = true;
  for (const [upstream, names] of offered) {
    if (!('why' in names)) continue;
    err.write(`${escapeControls(`${names.isFault ? 'error' : 'warning'}: upstreams.${upstream}: ${names.why}`)}\n`);
    isWhole &&= !names.isFault;
  }
  const candidatesOf = makeCandidates(new Map([...config.endpoints].map(([path, { routes }]) => [path, routes])));
  for (const endpoint of config.endpoints.values()) {
    for (const warning of findUnoffered(endpoint, offered, candidatesOf))
      err.write(`${escapeControls(`warning: ${warning}`)}\n`);
  }
  return isWhole ? 0 : 1;
}

async function askAll(config: GatewayConfig): Promise<ReadonlyMap<string, Offered>> {
  const upstreams = [...config.upstreams.values()].map(
    ({ credential: _c, resource: _r, paramHeaders: _p, ...upstream }) => upstream,
  );
  const fleet = makeFleet(upstreams, { now: () => performance.now(), random: Math.random, onEvent: () => {} });
  const { provers } = makeCredentials(config, { fetch: makeVerifiedFetch(), onExchange: () => {} });
  try {
    await fleet.ready();
    const asked = fleet.upstreams.map(async (upstream) => {
      const kind = config.upstreams.get(upstream.name)?.credential?.kind ?? 'none';
      const isOurs = kind === 'none' || kind === 'bearer' || kind === 'header';
      const why = 'is asked on behalf of callers alone; its names were not looked at';
      return [
        upstream.name,
        isOurs ? await ask(upstream, provers.get(upstream.name)) : { why, isFault: false },
      ] as const;
    });
    return new Map(await Promise.all(asked));
  } finally {
    await fleet.close(0);
  }
}

async function ask(upstream: Upstream, credential: Credential | undefined): Promise<Offered> {
  const names = new Map<List, ReadonlySet<string>>();
  for (const { list } of LISTS) {
    const found = new Set<string>();
    const { outcome } = await fetchList({
      upstream,
      kind: list,
      prove: () => credential?.(NO_REQUEST) ?? [],
      startTimer,
      onItem: (name) => found.add(name),
    });
    if (outcome === 'failed') return { why: `did not give its list of ${list}`, isFault: true };
    if (outcome === 'partial') return { why: `did not give its whole list of ${list}`, isFault: true };
    names.set(list, found);
  }
  return names;
}

function* findUnoffered(
  { path, access = [], routes }: EndpointConfig,
  offered: ReadonlyMap<string, Offered>,
  candidatesOf: ReturnType<typeof makeCandidates>,
): Generator<string> {
  const sources = new Map<string, ReadonlyMap<List, ReadonlySet<string>>>();
  for (const { upstream } of routes) {
    const names = offered.get(upstream);
    // What one upstream did not say could be what a rule means.
    if (names === undefined || 'why' in names) return;
    sources.set(upstream, names);
  }
  for (const { list, kind, method } of LISTS) {
    const reachable = [...sources].flatMap(([upstream, names]) =>
      [...(names.get(list) ?? [])].filter((name) => candidatesOf(path, method, name).includes(upstream)),
    );
    const forms = reachable.flatMap((name) => [name, ...toDeniedForms(kind, name)]);
    const { patternsOf, whole, compile } = KINDS[kind];
    for (const rule of access) {
      const candidates = rule.effect === 'allow' ? reachable : forms;
      for (const pattern of patternsOf(rule)) {
        if (pattern === whole || candidates.some(compile(pattern))) continue;
        const words = pattern.includes('*') ? `the glob ${pattern} fits no ${kind}` : `there is no ${kind} ${pattern}`;
        yield `endpoints.${path}: the rule ${rule.id}: ${words} that an upstream of this endpoint offers`;
      }
    }
  }
}
