// Which changes a reload refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRestartOnlyChanges } from '../../../gateway/config/restart-only.ts';
import { KEYS, LEAST, makeConfigDir } from './make-config-dir.ts';
import { CERT, KEY } from './pem-samples.ts';

const CHANGES: readonly [string, readonly string[]][] = [
  ['', []],
  ['listen: { host: 0.0.0.0 }', ['listen.host']],
  ['listen: { port: 1 }', ['listen.port']],
  ['listen: { tls: { cert: cert.pem, key: key.pem } }', ['listen.tls']],
  ['admin: { host: 127.0.0.2, port: 1 }', ['admin.host', 'admin.port']],
  ['limits: { headers: 1KiB, connections: 5 }', ['limits.headers', 'limits.connections']],
  [`workers: 2\n${KEYS}`, ['workers']],
  ['limits: { requestTimeout: 1s }', ['limits.requestTimeout']],
  ['telemetry: { log: { format: pretty } }', ['telemetry.log.format']],
  ['telemetry: { audit: stdout }', ['telemetry.audit']],
  ['telemetry: { traces: { otlp: http://a.test, headers: { X-Key: k } } }', ['telemetry.traces']],
  ['quotas: { rules: [{ id: a, per: principal, rate: 1/1s }] }', []],
  ['quotas: { store: { memory: { maxKeys: 1000 } } }', ['quotas.store']],
  [`quotas: { store: redis://a.test }\n${KEYS}`, ['quotas.store']],
  [`${KEYS}meta: { allow: [a/b] }\nlisten: { trustedProxies: [10.0.0.1] }`, []],
  ['limits: { inFlight: 1, queuedBytes: 1MiB, eventLoopDelay: 0 }', []],
  ['limits: { body: 1KiB }\ndrain: { grace: 1s }', []],
  ['publicUrl: https://a.test\nallowedHosts: "*"\nallowedOrigins: [https://b.test]', []],
  ['telemetry: { log: { level: debug } }\nextensions: { a/b: { to: { everyone: true } } }', []],
];
for (const [yaml, expected] of CHANGES) {
  test(`a reload with ${JSON.stringify(yaml)} asks for a restart because of: ${expected.join(', ') || 'nothing'}`, (t) => {
    const dir = makeConfigDir(t);
    dir.write('cert.pem', CERT);
    dir.write('key.pem', KEY);
    const old = dir.load(LEAST);
    assert.deepEqual(findRestartOnlyChanges(old, dir.load(`${yaml}\n${LEAST}`)), expected);
  });
}
