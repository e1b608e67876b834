// The services of docker-compose.yml: pinned, confined, healthy before others need them, reachable on loopback alone.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, read, type Service, type Services, services } from './compose-files.ts';

const { version } = JSON.parse(read('package.json')) as { version: string };
const OWN = `tollgate:${version}`;
/** Those that cannot live with a root file system that is read-only. */
const WRITERS: ReadonlySet<string> = new Set(['keycloak']);

/** What is wrong with each service, as sentences. */
function findFaults(all: Services): string[] {
  return Object.entries(all).flatMap(([name, service]) =>
    [
      ...findImageFaults(service),
      ...findFreedoms(service, WRITERS.has(name)),
      ...findReachFaults(service, all),
      ...findMountFaults(service),
    ].map((fault) => `${name}: ${fault}`),
  );
}

function findImageFaults({ image = '' }: Service): string[] {
  const faults: string[] = [];
  if (!/^[a-z0-9./-]+:v?\d+\.\d+\.\d+(?:-alpine)?$/.test(image)) faults.push(`no exact version: ${image}`);
  if (image.startsWith('tollgate:') && image !== OWN) faults.push(`not the version of the package: ${image}`);
  return faults;
}

function findFreedoms(
  { read_only, cap_drop = [], security_opt = [], privileged, user }: Service,
  isWriter: boolean,
): string[] {
  const faults: string[] = [];
  if (!isWriter && read_only !== true) faults.push('may write its root file system');
  if (!cap_drop.includes('ALL')) faults.push('has capabilities');
  if (!security_opt.includes('no-new-privileges:true')) faults.push('may get new privileges');
  if (privileged !== undefined) faults.push('privileged');
  if (user !== undefined && !/^[1-9]\d*:[1-9]\d*$/.test(user)) faults.push(`a user that may be root: ${user}`);
  return faults;
}

function findReachFaults({ healthcheck, ports = [], depends_on = {}, network_mode }: Service, all: Services): string[] {
  const faults: string[] = [];
  if (healthcheck?.test?.[0] !== 'CMD') faults.push('no health check without a shell');
  for (const port of ports) {
    if (!/^127\.0\.0\.1:(\d+):\1$/.test(port)) faults.push(`not published on loopback under its own number: ${port}`);
  }
  for (const [name, { condition }] of Object.entries(depends_on)) {
    if (all[name] === undefined) faults.push(`depends on nobody: ${name}`);
    if (condition !== 'service_healthy') faults.push(`does not wait for the health of ${name}`);
  }
  if (network_mode !== undefined) {
    const owner = network_mode.replace(/^service:/, '');
    if (depends_on[owner] === undefined) faults.push(`lives in a network it does not wait for: ${network_mode}`);
    if (ports.length > 0) faults.push('publishes ports of a network that is not its own');
  }
  return faults;
}

function findMountFaults({ volumes = [] }: Service): string[] {
  return volumes.flatMap((volume) => {
    const [source = '', , mode] = volume.split(':');
    if (mode !== 'ro') return [`a mount that can be written: ${volume}`];
    return existsSync(join(ROOT, source)) ? [] : [`a mount of nothing: ${volume}`];
  });
}

test('every service is pinned, healthy before others need it, and reachable on loopback alone', () => {
  assert.deepEqual(Object.keys(services).toSorted(), [
    'collector',
    'gateway',
    'grafana',
    'jaeger',
    'keycloak',
    'prometheus',
    'redis',
    'weather-1',
    'weather-2',
    'weather-3',
  ]);
  assert.deepEqual(findFaults(services), []);
  const builders = Object.entries(services).filter(([, { build }]) => build !== undefined);
  assert.deepEqual(
    builders.map(([name, { build }]) => [name, build]),
    [
      ['gateway', '.'],
      ['collector', 'deploy/otel'],
    ],
    'each image is built by one, or two would write it at once',
  );
});

test('the check finds every fault that is put before it', () => {
  const { gateway, keycloak: writer } = services as { gateway: Service; keycloak: Service };
  // Under another name it is allowed no more than the others.
  const keycloak = { ...writer, read_only: true };
  const table: readonly (readonly [fault: RegExp, service: Service])[] = [
    [/no exact version/, { ...keycloak, image: 'quay.io/keycloak/keycloak:latest' }],
    [/no exact version/, { ...keycloak, image: 'quay.io/keycloak/keycloak:26.7' }],
    [/not the version/, { ...gateway, image: 'tollgate:0.0.9' }],
    [/may write/, { ...gateway, read_only: false }],
    [/capabilities/, { ...gateway, cap_drop: [] }],
    [/new privileges/, { ...gateway, security_opt: [] }],
    [/may be root/, { ...gateway, user: '0:0' }],
    [/may be root/, { ...gateway, user: 'redis' }],
    [/privileged/, { ...keycloak, privileged: true }],
    [/no health check/, { ...keycloak, healthcheck: {} }],
    [/not published/, { ...keycloak, ports: ['8081:8081'] }],
    [/not published/, { ...keycloak, ports: ['127.0.0.1:9000:8081'] }],
    [/depends on nobody/, { ...keycloak, depends_on: { nobody: { condition: 'service_healthy' } } }],
    [/does not wait/, { ...keycloak, depends_on: { gateway: { condition: 'service_started' } } }],
    [/does not wait/, { ...gateway, depends_on: {} }],
    [/not its own/, { ...gateway, ports: ['127.0.0.1:8080:8080'] }],
    [/can be written/, { ...keycloak, volumes: ['./deploy/keycloak:/data'] }],
    [/of nothing/, { ...keycloak, volumes: ['./deploy/nothing:/data:ro'] }],
  ];
  for (const [fault, service] of table) {
    const faults = findFaults({ ...services, changed: service });
    assert.equal(faults.length, 1, `${fault}: ${faults.join('; ')}`);
    assert.match(faults[0] ?? '', fault);
  }
});
