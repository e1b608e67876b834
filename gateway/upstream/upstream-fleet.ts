// All upstreams of one configuration, and how one configuration hands over to the next without losing a request.
import { isDeepStrictEqual } from 'node:util';
import type { StartTimer } from './start-timer.ts';
import { startTimer as startRealTimer } from './start-timer.ts';
import type { Upstream, UpstreamDeps } from './upstream.ts';
import { makeUpstream } from './upstream.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

export interface Fleet {
  readonly upstreams: readonly Upstream[];
  find(name: string): Upstream | undefined;
  /** Resolves when every upstream knows its first instances, or why it knows none; never rejects. */
  ready(): Promise<void>;
  /** For shutdown: drains all, breaks what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * An upstream of `previous` with the same name and equal settings is carried over as the same object: connections,
 * health and counters survive, and it goes on with the `deps` it was made with. Nothing starts before `ready()`, so a
 * fleet that is never put to use costs nothing.
 */
export function makeFleet(settingsList: readonly UpstreamSettings[], deps: UpstreamDeps, previous?: Fleet): Fleet {
  const byName = new Map(
    settingsList.map((settings) => {
      const carried = previous?.find(settings.name);
      const same = carried !== undefined && isDeepStrictEqual(carried.settings, settings);
      return [settings.name, same ? carried : makeUpstream(settings, deps)];
    }),
  );
  const upstreams = [...byName.values()];
  return {
    upstreams,
    find: (name) => byName.get(name),
    async ready() {
      await Promise.all(upstreams.map((upstream) => upstream.ready()));
    },
    async close(graceMs) {
      await Promise.all(upstreams.map((upstream) => upstream.close(graceMs)));
    },
  };
}

/**
 * Drains the upstreams of `old` that `next` does not use. For `lingerMs` they still serve requests that began under the
 * old configuration and have not picked yet, so give it more than such a request may take to get there; after that
 * they pick no more, and close when the last answer is over. Nothing is cut.
 */
export async function retire(
  old: Fleet,
  next: Fleet,
  lingerMs: number,
  startTimer: StartTimer = startRealTimer,
): Promise<void> {
  const dropped = old.upstreams.filter((upstream) => next.find(upstream.name) !== upstream);
  if (dropped.length === 0) return;
  await new Promise<void>((resolve) => {
    startTimer(lingerMs, resolve);
  });
  await Promise.all(dropped.map((upstream) => upstream.close(Number.POSITIVE_INFINITY)));
}
