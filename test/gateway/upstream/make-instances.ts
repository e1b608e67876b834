// Instances that nobody listens behind, for tests that never connect.
import { Instance } from '../../../gateway/upstream/instance.ts';
import { makeSettings } from './make-settings.ts';

export function makeInstances(count: number): Instance[] {
  return Array.from(
    { length: count },
    (_, index) => new Instance({ url: `http://127.0.0.1:${index + 1}/mcp`, index }, makeSettings()),
  );
}
