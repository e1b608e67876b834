// Checks that a caller's token is forwarded only to the very resource it was issued for.
import { getPublicUrl, getResource } from './get-resource.ts';
import { makeProblem, type Problem } from './problem.ts';
import type { Checked } from './shape/gateway.ts';

type Parts = Pick<Checked, 'listen' | 'publicUrl' | 'upstreams' | 'endpoints'>;
type CheckedEndpoint = Parts['endpoints'] extends Map<string, infer E> ? E : never;

/** One problem for each upstream with `forward` that is, for some endpoint that leads to it, another resource. */
export function checkForward({ listen, publicUrl, upstreams, endpoints }: Parts): Problem[] {
  const origin = getPublicUrl(publicUrl, listen);
  const problems: Problem[] = [];
  for (const [name, { credential, resource }] of upstreams) {
    if (credential?.forward === undefined) continue;
    const path = ['upstreams', name, 'credential', 'forward'];
    if (resource === undefined) {
      problems.push(makeProblem(path, 'needs `resource` of this upstream, equal to that of every endpoint before it'));
      continue;
    }
    const other = [...endpoints].find(
      ([at, endpoint]) => leadsTo(endpoint, name) && getResource(at, endpoint.resource, origin) !== resource,
    );
    if (other === undefined) continue;
    problems.push(makeProblem(path, `needs one resource on both sides; the endpoint ${other[0]} is another resource`));
  }
  return problems;
}

function leadsTo({ upstream, routes = [] }: CheckedEndpoint, name: string): boolean {
  return upstream === name || routes.some((route) => route.upstream === name);
}
