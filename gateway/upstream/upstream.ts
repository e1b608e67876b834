// One upstream as the pipeline sees it: pick an instance, say when a request begins there and how it ended.
import { makeActiveChecks } from './active-checks.ts';
import { makeBalance } from './balance.ts';
import { makeHealth } from './health.ts';
import type { Instance, Outcome } from './instance.ts';
import { makeInstanceSet } from './instance-set.ts';
import { probe } from './probe.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';
import { makeResolveAddresses } from './resolve-addresses.ts';
import type { RetryBudget } from './retry-budget.ts';
import { makeRetryBudget } from './retry-budget.ts';
import type { StartTimer } from './start-timer.ts';
import { startTimer as startRealTimer } from './start-timer.ts';
import type { UpstreamEvent, UpstreamEventKind } from './upstream-event.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

export interface UpstreamDeps {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Called in the middle of things: must be quick and must not throw. Kept for as long as the upstream lives. */
  readonly onEvent: (event: UpstreamEvent) => void;
  readonly resolver?: ResolveAddresses;
  readonly startTimer?: StartTimer;
}

export interface Upstream {
  readonly name: string;
  readonly settings: UpstreamSettings;
  readonly budget: RetryBudget;
  /** Those in use now; a gone one that still finishes requests is not among them. Do not keep: the array is replaced. */
  readonly instances: readonly Instance[];
  /** True when some instance could be picked now. */
  readonly hasInstances: boolean;
  /** Starts DNS refresh and active checks. Resolves after DNS has answered or failed once; never rejects. */
  ready(): Promise<void>;
  /** A healthy instance not in `exclude`; `undefined`, for 503, when there is none or after `close`. */
  pick(exclude: readonly Instance[] | undefined): Instance | undefined;
  /** Counts a request in; in the same tick as `pick`. */
  begin(instance: Instance): void;
  /** Counts it out; exactly once for each `begin`. */
  finish(instance: Instance, outcome: Outcome): void;
  /**
   * Stops checks and refresh, and closes each instance once nothing is in flight there; what is left after `graceMs`
   * is broken. `Infinity` waits for all. A second call with less grace is obeyed.
   */
  close(graceMs: number): Promise<void>;
}

/** Holds no timer and no socket before `ready()`. Throws a TypeError on a URL that is none: configuration checks it. */
export function makeUpstream(settings: UpstreamSettings, deps: UpstreamDeps): Upstream {
  const { now, random, onEvent, resolver: resolve = makeResolveAddresses(), startTimer = startRealTimer } = deps;
  const { name } = settings;

  function report(kind: UpstreamEventKind, instance?: Instance): void {
    onEvent(instance === undefined ? { kind, upstream: name } : { kind, upstream: name, instance: instance.label });
  }

  const health = makeHealth({ settings: settings.health, instances: () => set.current, now, startTimer, report });
  const { active } = settings.health;
  const checks =
    active &&
    makeActiveChecks({
      settings: active,
      probe,
      random,
      startTimer,
      onResult: (instance, passed) => health.check(instance, passed),
    });
  const set = makeInstanceSet({
    settings,
    resolve,
    random,
    startTimer,
    onJoin: (instance) => checks?.watch(instance),
    onLeave(instance) {
      checks?.unwatch(instance);
      health.forget(instance);
    },
    onChange() {
      health.keepWithinBound();
      report('dns_changed');
    },
    onFailure: (cause) => onEvent({ kind: 'dns_failed', upstream: name, cause }),
  });
  const pick = makeBalance(settings.balance, random);
  let started: Promise<void> | undefined;
  let closed = false;

  return {
    name,
    settings,
    budget: makeRetryBudget(now),
    get instances() {
      return set.current;
    },
    get hasInstances() {
      return !closed && set.current.some(({ state }) => state === 'healthy');
    },
    ready() {
      started ??= closed ? Promise.resolve() : set.start();
      return started;
    },
    pick: (exclude) => (closed ? undefined : pick(set.current, exclude)),
    begin: (instance) => instance.begin(),
    finish(instance, outcome) {
      instance.end();
      if (outcome === 'ok') instance.consecutiveFailures = 0;
      else if (outcome === 'failed') health.fail(instance);
    },
    async close(graceMs) {
      closed = true;
      checks?.stop();
      set.stop();
      const all = set.all;
      for (const instance of all) health.forget(instance);
      await closeWithin(graceMs, all, startTimer);
    },
  };
}

async function closeWithin(graceMs: number, instances: readonly Instance[], startTimer: StartTimer): Promise<void> {
  const drained = Promise.all(instances.map((instance) => instance.close()));
  if (graceMs === Number.POSITIVE_INFINITY) {
    await drained;
    return;
  }
  const cancel = startTimer(graceMs, () => {
    for (const instance of instances) void instance.destroy();
  });
  await drained;
  cancel();
}
