// Checks what no section can see alone: that every upstream an endpoint names exists, and that the two listeners differ.
import { isWildcard } from './host-kind.ts';
import type { Located } from './located.ts';
import { makeProblem, type Path, type Problem } from './problem.ts';
import type { Checked } from './shape/gateway.ts';
import { listNames } from './show-value.ts';

export interface Listeners {
  readonly listen?: Checked['listen'] | undefined;
  readonly admin?: Checked['admin'] | undefined;
}

/**
 * Upstreams that are named and do not exist. Reads the file itself and not its checked form, so that a fault elsewhere does not
 * hide these.
 */
export function checkReferences(root: Located): Problem[] {
  const upstreams = root.children.get('upstreams');
  // Without upstreams every reference would be wrong; that they are missing is said already.
  if (upstreams === undefined || upstreams.children.size === 0) return [];
  const known = new Set(upstreams.children.keys());
  const problems: Problem[] = [];
  const check = (owner: Located, path: Path): void => {
    const name = owner.children.get('upstream')?.value;
    if (typeof name !== 'string' || name === '' || known.has(name)) return;
    const say = (found: string): string => `names no upstream ${found}; expected one of ${listNames([...known])}`;
    problems.push({ path: [...path, 'upstream'], say });
  };
  for (const [name, endpoint] of root.children.get('endpoints')?.children ?? []) {
    check(endpoint, ['endpoints', name]);
    for (const [index, route] of endpoint.children.get('routes')?.children ?? []) {
      check(route, ['endpoints', name, 'routes', index]);
    }
  }
  return problems;
}

/** The clients' listener and the admin listener cannot share one port of one address. */
export function checkListeners({ listen, admin }: Listeners): Problem[] {
  if (listen === undefined || admin === undefined || listen.port !== admin.port || admin.port === 0) return [];
  const meets = listen.host === admin.host || isWildcard(listen.host) || isWildcard(admin.host);
  return meets ? [makeProblem(['admin', 'port'], 'is the port of `listen` too; the admin listener needs its own')] : [];
}
