// The realm of Keycloak and the gateway's configuration: two files that are right only together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { getConfig, read } from './compose-files.ts';

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
  assert.equal(issuer?.issuer.split('/').at(-1), realm.realm);
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
