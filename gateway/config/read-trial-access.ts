// Reads the access files that a file of policy tests names, with all the checks of those that endpoints name.
import type { ConfigError, Source } from './config-error.ts';
import type { AccessRule } from './endpoint-config.ts';
import { makeFileSet } from './file-set.ts';
import type { Located } from './located.ts';
import type { Problem } from './problem.ts';
import { readAccess } from './read-access.ts';

export interface TrialAccess {
  readonly rules: readonly AccessRule[];
  /** Faults of the file of tests. */
  readonly problems: readonly Problem[];
  /** Faults of the access files. */
  readonly errors: readonly ConfigError[];
}

/** Reads what `access` at the top of `source` names, as if the only endpoint of a configuration named it. */
export function readTrialAccess(source: Source, env: NodeJS.ProcessEnv): TrialAccess {
  const place = 'tests';
  const root = wrap('endpoints', wrap(place, source.root));
  const read = readAccess({
    source: { ...source, root },
    files: makeFileSet(source.file),
    env,
    issuers: { checkGateway: () => [], checkGrant: () => [] },
  });
  return {
    rules: read.access.get(place) ?? [],
    problems: read.problems.map((problem) => ({ ...problem, path: problem.path.slice(2) })),
    errors: read.errors,
  };
}

/** A mapping with this one key. */
function wrap(key: string, child: Located): Located {
  return { ...child, children: new Map([[key, child]]) };
}
