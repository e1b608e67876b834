// Checks what several processes would have to share: counters and sealing keys; and that what one request may take fits into what all may.
import { findLocated, type Located } from './located.ts';
import { makeProblem, type Path, type Problem } from './problem.ts';
import type { Checked } from './shape/gateway.ts';
import { STORE } from './shape/quota-store.ts';

/** Reads the file itself where it can, so that a fault elsewhere does not hide these. */
export function checkSharedState(root: Located, workers: number | undefined): Problem[] {
  const store = findStore(root);
  const several = (workers ?? 1) > 1;
  const count = (path: Path): number => findLocatedAt(root, path)?.children.size ?? 0;
  const problems: Problem[] = [];
  if (several && store === 'memory' && count(['quotas', 'rules']) > 0) {
    const words = `counts in each process, so that ${workers} workers would give ${workers} times every limit`;
    problems.push(
      makeProblem(['quotas', 'store'], `memory ${words}; give the URL of a Redis server, or set workers: 1`),
    );
  }
  if ((several || store === 'redis') && !hasKeys(root)) {
    const why = several ? 'with several workers' : 'beside a shared store';
    const words = `at least one key is required ${why}: no process could open what another one sealed`;
    problems.push(makeProblem(['sealing', 'keys'], `${words}; \`tollgate keys new\` prints one`));
  }
  const single = findLocatedAt(root, ['sealing', 'state', 'singleUse'])?.value;
  if (single === true || single === 'true') {
    const path = ['sealing', 'state', 'singleUse'];
    if (store === undefined) problems.push(makeProblem(path, 'needs `quotas`, whose store remembers what was used'));
    if (several && store === 'memory') {
      problems.push(makeProblem(path, 'needs a Redis server as `quotas.store`: memory is not shared by the workers'));
    }
  }
  return problems;
}

/** Bodies of the largest size must be able to pass. */
export function checkLimits(limits: Checked['limits'] | undefined): Problem[] {
  if (limits === undefined || limits.queuedBytes >= limits.body) return [];
  return [makeProblem(['limits', 'queuedBytes'], 'is less than `limits.body`: the largest body could never be held')];
}

/** A file that cannot be read as a kind of store counts as none that has faults. */
function findStore(root: Located): 'memory' | 'redis' | 'unknown' | undefined {
  const quotas = findLocatedAt(root, ['quotas']);
  if (quotas === undefined) return undefined;
  const store = quotas.children.get('store');
  if (store === undefined) return 'memory';
  const fitted = STORE.safeParse(store.value).data;
  if (fitted === undefined) return 'unknown';
  return fitted.memory === undefined ? 'redis' : 'memory';
}

/** Something other than a list is refused already. */
function hasKeys(root: Located): boolean {
  const keys = findLocatedAt(root, ['sealing', 'keys']);
  return keys !== undefined && (!Array.isArray(keys.value) || keys.value.length > 0);
}

function findLocatedAt(root: Located, path: Path): Located | undefined {
  const { node, complete } = findLocated(root, path);
  return complete ? node : undefined;
}
