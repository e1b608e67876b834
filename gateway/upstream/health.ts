// Judges instances by traffic and by active checks, and takes them in and out of service.
import type { Instance } from './instance.ts';
import type { StartTimer } from './start-timer.ts';
import type { HealthSettings } from './upstream-settings.ts';

export interface HealthDeps {
  readonly settings: HealthSettings;
  /** The instances now in use; a share of these is what `ejectAtMost` speaks of. */
  readonly instances: () => readonly Instance[];
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly startTimer: StartTimer;
  readonly report: (kind: 'ejected' | 'returned' | 'unhealthy' | 'healthy', instance: Instance) => void;
}

export interface Health {
  /** A request failed there: connection, headers in time, an answer in one piece, or 502, 503, 504. */
  fail(instance: Instance): void;
  /** An active check passed or failed. */
  check(instance: Instance, passed: boolean): void;
  /** To be called when the set of instances changed: fewer instances may mean fewer that can stay ejected. */
  keepWithinBound(): void;
  /** The instance is no longer used. */
  forget(instance: Instance): void;
}

/** Active checks in a row that change what we hold of an instance: one lost packet does not. */
const CHECKS_TO_CHANGE = 2;
/** As Envoy: each ejection in a row lasts one `ejectForMs` more, up to this many. */
const LONGEST_SPELL = 10;

/** What is known of an instance that was ever judged; made at its first ejection or check. */
interface Standing {
  spell: number;
  returnedAtMs: number;
  cancelReturn: (() => void) | undefined;
  /** Checks in a row that speak against the present state. */
  against: number;
}

/**
 * Traffic ejects after `ejectAfter` failures in a row, for a time; then the instance is on probation: its first failure
 * ejects it again, its first success ends that. Traffic never leaves fewer in service than `1 - ejectAtMost` of them:
 * where active checks take out more, those ejected longest are let back in. Active checks may take out all.
 */
export function makeHealth({ settings, instances, now, startTimer, report }: HealthDeps): Health {
  const { ejectAfter, ejectForMs, ejectAtMost } = settings;
  /** In the order of ejection. */
  const ejected = new Set<Instance>();
  const standings = new WeakMap<Instance, Standing>();

  function getStanding(instance: Instance): Standing {
    let standing = standings.get(instance);
    if (standing === undefined) {
      standing = { spell: 0, returnedAtMs: 0, cancelReturn: undefined, against: 0 };
      standings.set(instance, standing);
    }
    return standing;
  }

  /** How many more may be ejected; negative when too many are. Those that checks hold down use up the share too. */
  function countRoom(): number {
    let outOfService = 0;
    for (const instance of instances()) if (instance.state !== 'healthy') outOfService += 1;
    // The small addend undoes binary fractions: 0.29 of 100 is 29.
    return Math.floor(instances().length * ejectAtMost + 1e-9) - outOfService;
  }

  function eject(instance: Instance): void {
    const standing = getStanding(instance);
    // Each ejectForMs in service since the last ejection forgives one of the row.
    const forgiven = Math.floor(Math.max(0, now() - standing.returnedAtMs) / ejectForMs);
    standing.spell = Math.min(LONGEST_SPELL, Math.max(0, standing.spell - forgiven) + 1);
    standing.cancelReturn = startTimer(ejectForMs * standing.spell, () => putBack(instance));
    instance.state = 'ejected';
    ejected.add(instance);
    report('ejected', instance);
  }

  function endEjection(instance: Instance): void {
    if (!ejected.delete(instance)) return;
    const standing = getStanding(instance);
    standing.cancelReturn?.();
    standing.cancelReturn = undefined;
    standing.returnedAtMs = now();
  }

  function putBack(instance: Instance): void {
    endEjection(instance);
    instance.state = 'healthy';
    instance.consecutiveFailures = ejectAfter - 1;
    report('returned', instance);
  }

  function keepWithinBound(): void {
    let room = countRoom();
    for (const instance of ejected) {
      if (room >= 0) return;
      putBack(instance);
      room += 1;
    }
  }

  function takeDown(instance: Instance): void {
    endEjection(instance);
    instance.state = 'unhealthy';
    report('unhealthy', instance);
    keepWithinBound();
  }

  /** It was down and is up, most often as a new process: what traffic held against it is forgotten. */
  function bringUp(instance: Instance): void {
    getStanding(instance).spell = 0;
    instance.consecutiveFailures = 0;
    instance.state = 'healthy';
    report('healthy', instance);
  }

  return {
    fail(instance) {
      instance.consecutiveFailures += 1;
      if (instance.consecutiveFailures < ejectAfter || instance.state !== 'healthy' || instance.closing) return;
      if (countRoom() > 0) eject(instance);
    },
    check(instance, passed) {
      if (instance.closing) return;
      const standing = getStanding(instance);
      if (passed === (instance.state !== 'unhealthy')) {
        standing.against = 0;
        return;
      }
      standing.against += 1;
      if (standing.against < CHECKS_TO_CHANGE) return;
      standing.against = 0;
      if (passed) bringUp(instance);
      else takeDown(instance);
    },
    keepWithinBound,
    forget(instance) {
      endEjection(instance);
    },
  };
}
