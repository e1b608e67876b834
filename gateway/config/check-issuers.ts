// Checks that every issuer something names is one of `identity.issuers`.
import type { Located } from './located.ts';
import type { Path, Problem } from './problem.ts';
import { listNames, showValue } from './show-value.ts';

/** Reads files themselves and not their checked form, so that a fault elsewhere does not hide these. */
export interface IssuerCheck {
  /** The whole of `gateway.yaml`. */
  readonly checkGateway: (root: Located) => Problem[];
  /** A `to`, wherever it stands. */
  readonly checkGrant: (grant: Located | undefined, path: Path) => Problem[];
}

export function makeIssuerCheck(gateway: Located): IssuerCheck {
  const entries = [...(gateway.children.get('identity')?.children.get('issuers')?.children.values() ?? [])];
  const issuers = entries.flatMap((entry) => entry.children.get('issuer') ?? []);
  const known = new Set(issuers.map(({ value }) => value));
  // What the environment gave is not repeated.
  const offers =
    known.size === 0
      ? '`identity.issuers` names none'
      : `expected one of ${listNames([...new Set(issuers.map(showValue))])}`;

  function checkName(name: Located | undefined, path: Path): Problem[] {
    if (name === undefined || typeof name.value !== 'string' || known.has(name.value)) return [];
    return [{ path, say: (found) => `names no issuer ${found}; ${offers}` }];
  }

  function checkList(list: Located | undefined, path: Path): Problem[] {
    return [...(list?.children ?? [])].flatMap(([index, name]) => checkName(name, [...path, index]));
  }

  function checkGrant(grant: Located | undefined, path: Path): Problem[] {
    return checkList(grant?.children.get('issuers'), [...path, 'issuers']);
  }

  function checkExtensions(owner: Located, path: Path): Problem[] {
    return [...(owner.children.get('extensions')?.children ?? [])].flatMap(([id, extension]) =>
      checkGrant(extension.children.get('to'), [...path, 'extensions', id, 'to']),
    );
  }

  function checkGateway(root: Located): Problem[] {
    const problems = checkExtensions(root, []);
    for (const [name, upstream] of root.children.get('upstreams')?.children ?? []) {
      const exchange = upstream.children.get('credential')?.children.get('exchange');
      const path = ['upstreams', name, 'credential', 'exchange', 'issuer'];
      problems.push(...checkName(exchange?.children.get('issuer'), path));
    }
    for (const [name, endpoint] of root.children.get('endpoints')?.children ?? []) {
      const path = ['endpoints', name];
      problems.push(...checkList(endpoint.children.get('issuers'), [...path, 'issuers']));
      problems.push(...checkExtensions(endpoint, path));
    }
    for (const [index, rule] of root.children.get('quotas')?.children.get('rules')?.children ?? []) {
      problems.push(...checkGrant(rule.children.get('to'), ['quotas', 'rules', index, 'to']));
    }
    return problems;
  }

  return { checkGateway, checkGrant };
}
