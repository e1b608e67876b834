// A few instances under the eyes of one health judge, on a timeline moved by hand.
import assert from 'node:assert/strict';
import type { Health } from '../../../gateway/upstream/health.ts';
import { makeHealth } from '../../../gateway/upstream/health.ts';
import type { Instance } from '../../../gateway/upstream/instance.ts';
import type { HealthSettings } from '../../../gateway/upstream/upstream-settings.ts';
import type { FakeTimeline } from './fake-timeline.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { makeInstances } from './make-instances.ts';

export interface Ward {
  readonly timeline: FakeTimeline;
  readonly health: Health;
  readonly events: string[];
  instances: Instance[];
}

export function makeWard(count: number, changes: Partial<HealthSettings> = {}): Ward {
  const timeline = makeFakeTimeline();
  const events: string[] = [];
  const ward: Ward = {
    timeline,
    events,
    instances: makeInstances(count),
    health: makeHealth({
      settings: { ejectAfter: 3, ejectForMs: 10_000, ejectAtMost: 0.5, ...changes },
      instances: () => ward.instances,
      now: timeline.now,
      startTimer: timeline.startTimer,
      report: (kind, instance) => events.push(`${kind} ${instance.index}`),
    }),
  };
  return ward;
}

/** Lets requests to an instance fail. */
export function fail({ health, instances }: Ward, index: number, times = 3): void {
  const instance = instances[index];
  assert(instance !== undefined);
  for (let time = 0; time < times; time += 1) health.fail(instance);
}

/** Tells results of active checks. */
export function check({ health, instances }: Ward, index: number, ...results: readonly boolean[]): void {
  const instance = instances[index];
  assert(instance !== undefined);
  for (const passed of results) health.check(instance, passed);
}

export const getStates = ({ instances }: Ward): string => instances.map(({ state }) => state).join(' ');
