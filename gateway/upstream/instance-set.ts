// Keeps the instances of an upstream: a fixed list, or whatever addresses a name resolves to now.
import { Instance } from './instance.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';
import type { StartTimer } from './start-timer.ts';
import type { InstanceSource, UpstreamSettings } from './upstream-settings.ts';

export interface InstanceSetDeps {
  readonly settings: UpstreamSettings;
  readonly resolve: ResolveAddresses;
  readonly random: () => number;
  readonly startTimer: StartTimer;
  readonly onJoin: (instance: Instance) => void;
  readonly onLeave: (instance: Instance) => void;
  /** After joins and leaves of one refresh. */
  readonly onChange: () => void;
  readonly onFailure: (cause: unknown) => void;
}

export interface InstanceSet {
  /** In the order of the list, or of the addresses; replaced, never changed. */
  readonly current: readonly Instance[];
  /** Those in use and those that still finish requests after they left. */
  readonly all: readonly Instance[];
  /** Resolves after the first answer or failure of DNS; from then on the set refreshes itself. Call once. */
  start(): Promise<void>;
  stop(): void;
}

type DnsSource = Extract<InstanceSource, { kind: 'dns' }>;

/** Each pause between refreshes is `refreshMs`, give or take this share, so that replicas do not ask in step. */
const JITTER = 0.1;
/** While there is no instance at all, we ask again no later than this. */
const IMPATIENT_MS = 1_000;

/** An address that stays keeps its Instance: pools, health, counters. One that goes is drained, not cut. */
export function makeInstanceSet(deps: InstanceSetDeps): InstanceSet {
  const { settings, resolve, random, startTimer, onJoin, onLeave, onChange, onFailure } = deps;
  const { source } = settings;
  const hostname = source.kind === 'dns' ? new URL(source.url).hostname : '';
  const byAddress = new Map<string, Instance>();
  const leaving = new Set<Instance>();
  let current: readonly Instance[] =
    source.kind === 'fixed' ? source.instances.map((url, index) => new Instance({ url, index }, settings)) : [];
  let stopped = false;
  let cancelRefresh: (() => void) | undefined;

  async function refresh(dns: DnsSource): Promise<void> {
    try {
      const addresses = await resolve(hostname);
      if (addresses.length === 0) throw new Error('The name has no address.');
      if (!stopped) apply(dns, [...new Set(addresses)].toSorted());
    } catch (cause) {
      if (!stopped) onFailure(cause);
    }
    if (stopped) return;
    const pauseMs = dns.refreshMs * (1 - JITTER + 2 * JITTER * random());
    cancelRefresh = startTimer(current.length === 0 ? Math.min(pauseMs, IMPATIENT_MS) : pauseMs, () => {
      void refresh(dns);
    });
  }

  function apply(dns: DnsSource, addresses: readonly string[]): void {
    const gone = [...byAddress].filter(([address]) => !addresses.includes(address));
    const come = addresses.filter((address) => !byAddress.has(address));
    if (gone.length === 0 && come.length === 0) return;

    for (const [address, instance] of gone) {
      byAddress.delete(address);
      onLeave(instance);
      drain(instance);
    }
    const joined = come.map((address) => {
      const instance = new Instance({ url: dns.url, index: findFreeIndex(), address }, settings);
      byAddress.set(address, instance);
      return instance;
    });
    current = addresses.flatMap((address) => byAddress.get(address) ?? []);
    for (const instance of joined) onJoin(instance);
    onChange();
  }

  function drain(instance: Instance): void {
    leaving.add(instance);
    void instance.close().then(() => leaving.delete(instance));
  }

  function findFreeIndex(): number {
    const taken = new Set([...byAddress.values()].map(({ index }) => index));
    let index = 0;
    while (taken.has(index)) index += 1;
    return index;
  }

  return {
    get current() {
      return current;
    },
    get all() {
      return [...current, ...leaving];
    },
    async start() {
      for (const instance of current) onJoin(instance);
      if (source.kind === 'dns') await refresh(source);
    },
    stop() {
      stopped = true;
      cancelRefresh?.();
    },
  };
}
