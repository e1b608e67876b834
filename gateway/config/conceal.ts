// Knows where secrets stand in a configuration, so that no error prints what was written there.
import type { Path } from './problem.ts';

/** A part of the file that holds secrets. Whatever stands there may be one in the wrong place, but for what is named here. */
interface Area {
  readonly at: Path;
  /** Keys whose values are no secrets. */
  readonly open: ReadonlySet<string>;
  /** Keys that may be shown themselves, besides those. */
  readonly names: ReadonlySet<string>;
}

const ANY = '*';

const AREAS: readonly Area[] = [
  makeArea(
    ['upstreams', ANY, 'credential'],
    [
      'algorithm',
      'audience',
      'clientId',
      'file',
      'forward',
      'issuer',
      'keyId',
      'name',
      'scopes',
      'timeout',
      'tokenEndpoint',
      'ttl',
    ],
    ['assertion', 'bearer', 'clientSecret', 'exchange', 'header', 'key', 'value'],
  ),
  makeArea(
    ['quotas', 'store'],
    ['ca', 'cert', 'db', 'file', 'maxKeys', 'name', 'prefix'],
    [
      'cluster',
      'key',
      'memory',
      'nodes',
      'password',
      'redis',
      'sentinel',
      'sentinelPassword',
      'tls',
      'url',
      'username',
    ],
  ),
  makeArea(['sealing', 'keys'], ['file', 'id', 'openOnly'], ['secret']),
  makeArea(['telemetry', 'traces', 'headers'], ['file'], []),
];

/**
 * Sections whose value, or a key of it that is not known, may be a secret: `store:redis://…` without its space is one key.
 * The keys that are known are open.
 */
const MISTYPED = new Map<string | number, ReadonlySet<string | number>>([
  ['quotas', new Set(['store', 'storeTimeout', 'onStoreFailure', 'headers', 'rules'])],
  ['sealing', new Set(['keys', 'state', 'tasks', 'handles'])],
]);

/** True when what stands at `path` is not to be shown. */
export function isConcealed(path: Path): boolean {
  const [top = ''] = path;
  if (path.length === 1) return MISTYPED.has(top);
  const area = findArea(path);
  return area !== undefined && !area.open.has(String(path.findLast((step) => typeof step === 'string')));
}

/** The path with keys left out that may be secrets themselves, as in `bearer:secret` without its space. */
export function concealKeys(path: Path): Path {
  const [top = '', second = ''] = path;
  if (MISTYPED.get(top)?.has(second) === false && path.length > 1) return [top, '…'];
  const area = findArea(path);
  if (area === undefined) return path;
  const isShown = (step: string): boolean => area.open.has(step) || area.names.has(step);
  return path.map((step, index) => (index < area.at.length || typeof step === 'number' || isShown(step) ? step : '…'));
}

function findArea(path: Path): Area | undefined {
  return AREAS.find(({ at }) =>
    at.every((step, index) => path[index] === step || (step === ANY && index < path.length)),
  );
}

function makeArea(at: Path, open: readonly string[], names: readonly string[]): Area {
  return { at, open: new Set(open), names: new Set(names) };
}
