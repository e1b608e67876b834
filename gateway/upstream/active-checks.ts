// Checks each instance of an upstream again and again, one check at a time for each.
import type { Instance } from './instance.ts';
import type { StartTimer } from './start-timer.ts';
import type { ActiveCheckSettings } from './upstream-settings.ts';

export interface ActiveCheckDeps {
  readonly settings: ActiveCheckSettings;
  readonly probe: (instance: Instance, timeoutMs: number, startTimer: StartTimer) => Promise<boolean>;
  readonly random: () => number;
  readonly startTimer: StartTimer;
  readonly onResult: (instance: Instance, passed: boolean) => void;
}

export interface ActiveChecks {
  watch(instance: Instance): void;
  /** A check under way is let go: its result is not told. */
  unwatch(instance: Instance): void;
  stop(): void;
}

/** Each pause is `everyMs`, give or take this share, so that replicas do not check in step. */
const JITTER = 0.1;

/** The first check of an instance comes within the first `everyMs`, the next one a pause after the last one ended. */
export function makeActiveChecks({ settings, probe, random, startTimer, onResult }: ActiveCheckDeps): ActiveChecks {
  /** For each instance watched, what takes back its next check. */
  const watched = new Map<Instance, () => void>();

  function plan(instance: Instance, delayMs: number): void {
    watched.set(
      instance,
      startTimer(delayMs, () => void check(instance)),
    );
  }

  async function check(instance: Instance): Promise<void> {
    const passed = await probe(instance, settings.timeoutMs, startTimer);
    if (!watched.has(instance)) return;
    onResult(instance, passed);
    plan(instance, settings.everyMs * (1 - JITTER + 2 * JITTER * random()));
  }

  function unwatch(instance: Instance): void {
    watched.get(instance)?.();
    watched.delete(instance);
  }

  return {
    watch(instance) {
      if (!watched.has(instance)) plan(instance, settings.everyMs * random());
    },
    unwatch,
    stop() {
      for (const instance of watched.keys()) unwatch(instance);
    },
  };
}
