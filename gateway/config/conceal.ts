// Knows where secrets stand in a configuration, so that no error prints what was written there.
import type { Path } from './problem.ts';

/** Keys of a credential whose values are no secrets. Whatever else stands there may be one in the wrong place. */
const OPEN = new Set([
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
]);
const NAMES = new Set([
  ...OPEN,
  'assertion',
  'bearer',
  'clientSecret',
  'credential',
  'exchange',
  'header',
  'key',
  'value',
]);

/** True when what stands at `path` is not to be shown. */
export function isConcealed(path: Path): boolean {
  return isInCredential(path) && !OPEN.has(String(path.findLast((step) => typeof step === 'string')));
}

/** The path with keys left out that may be secrets themselves, as in `bearer:secret` without its space. */
export function concealKeys(path: Path): Path {
  if (!isInCredential(path)) return path;
  return path.map((step, index) => (index < 3 || typeof step === 'number' || NAMES.has(step) ? step : '…'));
}

function isInCredential(path: Path): boolean {
  return path[0] === 'upstreams' && path[2] === 'credential';
}
