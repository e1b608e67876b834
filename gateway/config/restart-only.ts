// Tells which changes of a new configuration a running process cannot take over.
import type { GatewayConfig } from './gateway-config.ts';

/** Counters in memory can begin at any time. */
const NO_STORE = { kind: 'memory', maxKeys: 1_000_000 };

/** Key in the file -> what must stay the same. Certificates count: the listener keeps those it began with. */
const FIXED = new Map<string, (config: GatewayConfig) => string | number>([
  ['listen.host', ({ listen }) => listen.host],
  ['listen.port', ({ listen }) => listen.port],
  ['listen.tls', ({ listen }) => JSON.stringify([listen.tls?.cert, listen.tls?.key])],
  ['admin.host', ({ admin }) => admin.host],
  ['admin.port', ({ admin }) => admin.port],
  ['limits.headers', ({ limits }) => limits.headersBytes],
  ['limits.requestTimeout', ({ limits }) => limits.requestTimeoutMs],
  ['limits.connections', ({ limits }) => limits.connections],
  ['workers', ({ workers }) => workers],
  ['quotas.store', ({ quotas }) => JSON.stringify(quotas?.store ?? NO_STORE)],
  ['telemetry.log.format', ({ telemetry }) => telemetry.log.format],
  ['telemetry.audit', ({ telemetry }) => JSON.stringify({ ...telemetry.audit, arguments: undefined })],
  ['telemetry.traces', ({ telemetry: { traces } }) => JSON.stringify([traces, ...(traces?.headers ?? [])])],
]);

/** Keys that differ and take effect only in a new process, such as `listen.port`; none when `next` can be swapped in. */
export function findRestartOnlyChanges(old: GatewayConfig, next: GatewayConfig): readonly string[] {
  return [...FIXED].filter(([, read]) => read(old) !== read(next)).map(([key]) => key);
}
