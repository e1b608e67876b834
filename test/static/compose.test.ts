// The compose file, the realm and the gateway's configuration: three files that are right only together.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../gateway/config/load-config.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly privileged?: boolean;
}
type Services = Readonly<Record<string, Service>>;

const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Services };
const { version } = JSON.parse(read('package.json')) as { version: string };
const OWN = `tollgate:${version}`;

/** What is wrong with each service, as sentences. */
function findFaults(all: Services): string[] {
  return Object.entries(all).flatMap(([name, service]) =>
    [...findImageFaults(service), ...findReachFaults(service, all), ...findMountFaults(service)].map(
      (fault) => `${name}: ${fault}`,
    ),
  );
}

function findImageFaults({ image = '', read_only, cap_drop, privileged }: Service): string[] {
  const faults: string[] = [];
  if (!/^[a-z0-9./-]+:\d+\.\d+\.\d+$/.test(image)) faults.push(`no exact version: ${image}`);
  if (image.startsWith('tollgate:') && image !== OWN) faults.push(`not the version of the package: ${image}`);
  if (image === OWN && (read_only !== true || cap_drop?.includes('ALL') !== true)) faults.push('not confined');
  if (privileged !== undefined) faults.push('privileged');
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
  assert.deepEqual(Object.keys(services).toSorted(), ['gateway', 'keycloak', 'weather-1', 'weather-2', 'weather-3']);
  assert.deepEqual(findFaults(services), []);
  const builders = Object.entries(services).filter(([, { build }]) => build !== undefined);
  assert.deepEqual(
    builders.map(([name, { build }]) => [name, build]),
    [['gateway', '.']],
    'one builds, or two would write the same image at once',
  );
});

test('the check finds every fault that is put before it', () => {
  const { gateway, keycloak } = services as { gateway: Service; keycloak: Service };
  const table: readonly (readonly [fault: RegExp, service: Service])[] = [
    [/no exact version/, { ...keycloak, image: 'quay.io/keycloak/keycloak:latest' }],
    [/no exact version/, { ...keycloak, image: 'quay.io/keycloak/keycloak:26.7' }],
    [/not the version/, { ...gateway, image: 'tollgate:0.0.9' }],
    [/not confined/, { ...gateway, read_only: false }],
    [/not confined/, { ...gateway, cap_drop: [] }],
    [/privileged/, { ...keycloak, privileged: true }],
    [/no health check/, { ...keycloak, healthcheck: {} }],
    [/not published/, { ...keycloak, ports: ['8081:8081'] }],
    [/not published/, { ...keycloak, ports: ['127.0.0.1:9000:8081'] }],
    [/depends on nobody/, { ...keycloak, depends_on: { redis: { condition: 'service_healthy' } } }],
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

const loaded = loadConfig(join(ROOT, 'deploy/compose/gateway.yaml'), services.gateway?.environment ?? {});

function getConfig() {
  assert.ok(loaded.ok, JSON.stringify('errors' in loaded && loaded.errors));
  return loaded.config;
}

test('the gateway of compose loads its configuration with no environment but its own', () => {
  getConfig();
  const [mount = ''] = services.gateway?.volumes ?? [];
  assert.equal(mount, './deploy/compose:/etc/tollgate:ro');
  assert.match(read('Dockerfile'), /^CMD \["serve", "--config", "\/etc\/tollgate\/gateway.yaml"\]$/m);
});

test('localhost is the same place for the gateway and for the host', () => {
  const { listen, admin, publicUrl, identity } = getConfig();
  const { keycloak, gateway } = services;
  assert.equal(gateway?.network_mode, 'service:keycloak');
  assert.deepEqual(
    identity.issuers.map(({ issuer }) => issuer),
    [`${keycloak?.environment?.KC_HOSTNAME}/realms/${realm.realm}`],
  );
  assert.equal(keycloak?.environment?.KC_HOSTNAME, `http://localhost:${keycloak?.environment?.KC_HTTP_PORT}`);
  assert.equal(publicUrl, `http://localhost:${listen.port}`);
  const ports = [Number(keycloak?.environment?.KC_HTTP_PORT), listen.port, admin.port];
  assert.deepEqual(
    keycloak?.ports,
    ports.map((port) => `127.0.0.1:${port}:${port}`),
  );
  // A port is forwarded to the address of the container, which is not its loopback.
  assert.deepEqual([listen.host, admin.host], ['0.0.0.0', '0.0.0.0']);
});

test('every instance is a service of compose, at the port its command line opens', () => {
  const [upstream, ...others] = getConfig().upstreams.values();
  assert.equal(others.length, 0);
  assert.ok(upstream?.source.kind === 'fixed');
  const expected = Object.entries(services)
    .filter(([name]) => name.startsWith('weather-'))
    .map(([name, { entrypoint = [] }]) => `http://${name}:${entrypoint[entrypoint.indexOf('--port') + 1]}/mcp`);
  assert.deepEqual(upstream.source.instances, expected);
  // On loopback the server would refuse the Host it is called by.
  for (const name of expected.map((url) => new URL(url).hostname))
    assert.equal(services[name]?.entrypoint?.[services[name].entrypoint.indexOf('--host') + 1], '0.0.0.0');
});

interface Mapper {
  readonly protocolMapper: string;
  readonly config: Readonly<Record<string, string>>;
}
interface Realm {
  readonly realm: string;
  readonly roles: { readonly realm: readonly { readonly name: string }[] };
  readonly groups: readonly { readonly name: string; readonly realmRoles: readonly string[] }[];
  readonly clientScopes: readonly { readonly name: string; readonly protocolMappers?: readonly Mapper[] }[];
  readonly scopeMappings: readonly { readonly clientScope: string; readonly roles: readonly string[] }[];
  readonly clients: readonly {
    readonly clientId: string;
    readonly publicClient: boolean;
    readonly standardFlowEnabled: boolean;
    readonly directAccessGrantsEnabled: boolean;
    readonly redirectUris: readonly string[];
    readonly attributes: Readonly<Record<string, string>>;
    readonly defaultClientScopes: readonly string[];
    readonly optionalClientScopes: readonly string[];
  }[];
  readonly users: readonly {
    readonly username: string;
    readonly realmRoles?: readonly string[];
    readonly groups?: readonly string[];
  }[];
}
interface Access {
  readonly rules: readonly { readonly to?: { readonly scopes?: string[]; readonly groups?: string[] } }[];
}

const realm = JSON.parse(read('deploy/keycloak/tollgate-realm.json')) as Realm;
const { rules } = parse(read('deploy/compose/access.yaml')) as Access;
const scopes = new Map(realm.clientScopes.map((scope) => [scope.name, scope]));

/** Mappers of a kind that work for every token of this client. */
function findMappers(client: Realm['clients'][number], kind: string): readonly Mapper[] {
  return client.defaultClientScopes
    .flatMap((name) => scopes.get(name)?.protocolMappers ?? [])
    .filter(({ protocolMapper, config }) => protocolMapper === kind && config['access.token.claim'] === 'true');
}

test('every client gets tokens for the endpoint, of the type, and with the claims the gateway reads', () => {
  const { endpoints, identity } = getConfig();
  const [issuer] = identity.issuers;
  for (const client of realm.clients) {
    const audiences = findMappers(client, 'oidc-audience-mapper').map(
      ({ config }) => config['included.custom.audience'],
    );
    assert.deepEqual(
      audiences,
      [...endpoints.values()].map(({ resource }) => resource),
    );
    assert.equal(findMappers(client, 'oidc-sub-mapper').length, 1);
    const [groups, ...others] = findMappers(client, 'oidc-group-membership-mapper');
    assert.equal(others.length, 0);
    assert.equal(groups?.config['claim.name'], issuer?.claims.groups);
    assert.equal(groups?.config['full.path'], 'true');
    assert.equal(client.attributes['access.token.header.type.rfc9068'], 'true');
  }
  assert.deepEqual(issuer?.tokenTypes, ['at+jwt'], 'an ID token is not one');
  assert.equal(issuer.claims.client, 'azp');
  assert.equal(issuer.claims.scopes, 'scope');
});

test('a scope a rule names exists, belongs to a role, and every client may ask for it', () => {
  const named = new Set(rules.flatMap(({ to }) => to?.scopes ?? []));
  assert.deepEqual([...named].toSorted(), ['weather:read', 'weather:write']);
  for (const scope of named) {
    assert.ok(scopes.has(scope), scope);
    assert.equal(realm.scopeMappings.filter(({ clientScope }) => clientScope === scope).length, 1, scope);
    for (const { optionalClientScopes } of realm.clients) assert.ok(optionalClientScopes.includes(scope), scope);
  }
  for (const { defaultClientScopes, optionalClientScopes } of realm.clients) {
    for (const scope of [...defaultClientScopes, ...optionalClientScopes]) assert.ok(scopes.has(scope), scope);
  }
});

test('a group a rule names is one of the realm, by its path', () => {
  const paths = new Set(realm.groups.map(({ name }) => `/${name}`));
  const named = rules.flatMap(({ to }) => to?.groups ?? []);
  assert.ok(named.length > 0);
  for (const group of named) assert.ok(paths.has(group), group);
});

test('people have roles and groups that exist: a reader, a writer and an administrator', () => {
  const roles = new Set(realm.roles.realm.map(({ name }) => name));
  const held = (name: string): string[] => {
    const user = realm.users.find(({ username }) => username === name);
    const groups = realm.groups.filter((group) => user?.groups?.includes(`/${group.name}`));
    assert.equal(groups.length, user?.groups?.length ?? 0, name);
    return [...groups.flatMap(({ realmRoles }) => realmRoles), ...(user?.realmRoles ?? [])];
  };
  // Without the last one, a client that asks for offline_access gets no token at all.
  assert.deepEqual(held('alice'), ['weather-reader', 'offline_access']);
  assert.deepEqual(held('finn'), ['weather-reader', 'weather-writer', 'offline_access']);
  assert.deepEqual(held('ada'), ['weather-reader', 'weather-writer', 'offline_access']);
  for (const role of [...realm.scopeMappings.flatMap((each) => each.roles), ...held('ada')]) assert.ok(roles.has(role));
});

test('the client for people uses PKCE and comes back to loopback; the one for curl has no browser', () => {
  assert.deepEqual(
    realm.clients.map(({ clientId, publicClient, standardFlowEnabled, directAccessGrantsEnabled, redirectUris }) => ({
      clientId,
      publicClient,
      standardFlowEnabled,
      directAccessGrantsEnabled,
      hosts: redirectUris.map((uri) => new URL(uri).hostname),
    })),
    [
      {
        clientId: 'mcp-client',
        publicClient: true,
        standardFlowEnabled: true,
        directAccessGrantsEnabled: false,
        hosts: ['localhost', '127.0.0.1'],
      },
      {
        clientId: 'curl',
        publicClient: true,
        standardFlowEnabled: false,
        directAccessGrantsEnabled: true,
        hosts: [],
      },
    ],
  );
  assert.equal(realm.clients[0]?.attributes['pkce.code.challenge.method'], 'S256');
});
