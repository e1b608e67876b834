// Settings of an upstream for a test: whatever it does not care about is filled in.
import type { UpstreamSettings } from '../../../gateway/upstream/upstream-settings.ts';

export function makeSettings(changes: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    name: 'weather',
    source: { kind: 'fixed', instances: ['http://127.0.0.1:1/mcp'] },
    balance: 'round-robin',
    timeouts: { connectMs: 1_000, headersMs: 1_000, idleMs: 1_000, totalMs: 10_000 },
    health: { ejectAfter: 5, ejectForMs: 30_000, ejectAtMost: 0.5 },
    ...changes,
  };
}
