// Makes the checked form of `sealing`: units into the names, keys as they were read.
import type { SealingConfig } from './sealing-config.ts';
import type { Checked } from './shape/gateway.ts';

/** Takes sealing that fits the shape. */
export function compileSealing(
  { state, tasks, handles }: Checked['sealing'],
  keys: SealingConfig['keys'],
): SealingConfig {
  return {
    keys,
    state: {
      ttlMs: state.ttl,
      bindArguments: state.bindArguments,
      singleUse: state.singleUse,
      maxResponsesBytes: state.inputResponses,
    },
    tasks: { affinity: tasks.affinity, longestLifeMs: tasks.longestLife },
    handles: handles.map(({ tool, endpoint, result, opens, bind, ttl: ttlMs, required }) => {
      return { tool, endpoint, result, opens, bind, ttlMs, required };
    }),
  };
}
