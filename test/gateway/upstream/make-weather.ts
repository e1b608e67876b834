// An upstream for a test, on a timeline moved by hand, with its events written down.
import type { Upstream, UpstreamDeps } from '../../../gateway/upstream/upstream.ts';
import { makeUpstream } from '../../../gateway/upstream/upstream.ts';
import type { UpstreamEvent } from '../../../gateway/upstream/upstream-event.ts';
import type { UpstreamSettings } from '../../../gateway/upstream/upstream-settings.ts';
import type { FakeTimeline } from './fake-timeline.ts';
import { makeFakeTimeline } from './fake-timeline.ts';
import { makeSettings } from './make-settings.ts';

export interface Weather {
  readonly upstream: Upstream;
  readonly timeline: FakeTimeline;
  readonly events: UpstreamEvent[];
}

export function makeWeather(settings: Partial<UpstreamSettings>, deps: Partial<UpstreamDeps> = {}): Weather {
  const timeline = makeFakeTimeline();
  const events: UpstreamEvent[] = [];
  const upstream = makeUpstream(makeSettings(settings), {
    now: timeline.now,
    random: () => 0.5,
    startTimer: timeline.startTimer,
    onEvent: (event) => events.push(event),
    ...deps,
  });
  return { upstream, timeline, events };
}
