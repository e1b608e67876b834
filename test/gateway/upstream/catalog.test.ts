// What the gateway knows of an upstream's tools and prompts, with the credentials it has.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Enveloped } from '../../../gateway/exchange.ts';
import { NO_ANNOTATIONS } from '../../../gateway/mcp/param-annotations.ts';
import {
  type AllNames,
  type Catalog,
  type CatalogDeps,
  type CatalogSettings,
  makeCatalog,
} from '../../../gateway/upstream/catalog.ts';
import { makeCatalogs } from '../../../gateway/upstream/catalogs.ts';
import { makeForwardCredential, makeStaticCredential } from '../../../gateway/upstream/credential.ts';
import { makePrincipal } from '../policy/make-rules.ts';
import { type ListServer, startListServer, toTool } from './list-server.ts';
import { makeRouted } from './make-routed.ts';
import { until } from './until.ts';

const DEPS: CatalogDeps = { now: () => performance.now(), random: () => 0 };

function toSettings({ upstream }: ListServer, changes: Partial<CatalogSettings> = {}): CatalogSettings {
  return { upstream, credential: undefined, needsCaller: false, paramHeaders: 'check', ...changes };
}

interface Shelf {
  readonly server: ListServer;
  readonly catalog: Catalog;
  /** Tools found invalid, and why. */
  readonly invalid: string[];
}

async function startShelf(t: TestContext, changes: Partial<CatalogSettings> = {}): Promise<Shelf> {
  const server = await startListServer(t, [[toTool('plain'), toTool('sql', 'Region')], [toTool('bad', 'Re gion')]]);
  const invalid: string[] = [];
  const onInvalidTool = (...what: readonly string[]): void => void invalid.push(what.join(' '));
  return { server, catalog: makeCatalog(toSettings(server, changes), { ...DEPS, onInvalidTool }), invalid };
}

const CALLER = makeRouted({ bearer: 'token-a' });
const asCaller = (subject: string): Enveloped => makeRouted({ principal: makePrincipal({ subject }), bearer: subject });
const toBytes = (tool: object): Buffer => Buffer.from(JSON.stringify(tool));

test('at the start all tools are read, and no prompts', async (t) => {
  const { server, catalog, invalid } = await startShelf(t);
  await Promise.all([catalog.start(), catalog.start()]);
  assert.equal(catalog.findTool('plain'), NO_ANNOTATIONS);
  assert.deepEqual(catalog.findTool('bad'), { valid: false, why: 'name' });
  const sql = catalog.findTool('sql');
  assert.ok(sql?.valid);
  assert.deepEqual(sql.params, [{ key: 'region', path: ['region'], type: 'string' }]);
  assert.equal(catalog.hasAllTools, true);
  assert.deepEqual(invalid, ['weather bad name']);
  assert.deepEqual(
    server.fake.hits.map(({ message }) => message.method),
    ['tools/list', 'tools/list'],
  );
});

test('prompts are read when a name is asked for', async (t) => {
  const { server, catalog } = await startShelf(t);
  server.pages = { prompts: [[{ name: 'greet' }]] };
  assert.equal(await catalog.knowsPrompt('greet', CALLER), 'known');
  assert.equal(catalog.knowsPrompt('part', CALLER), 'absent');
  assert.deepEqual(
    server.fake.hits.map(({ message }) => message.method),
    ['prompts/list'],
  );
});

test('all names are known once both lists were read, for which asking is enough', async (t) => {
  const { server, catalog } = await startShelf(t);
  server.pages = { tools: [[toTool('sql')]], prompts: [[{ name: 'greet' }]] };
  assert.equal(catalog.allNames, undefined);
  await until('both lists were read', () => catalog.allNames !== undefined);
  const names: AllNames | undefined = catalog.allNames;
  assert.deepEqual(names, [
    ['tool', 'sql'],
    ['prompt', 'greet'],
  ]);
  assert.equal(catalog.allNames, names);
  catalog.learnTool('more', toBytes(toTool('more')));
  assert.deepEqual(catalog.allNames?.[1], ['tool', 'more']);
  assert.equal(server.fake.hits.length, 2);
});

test('a tool that is not known is read for once, and then is absent', async (t) => {
  const { server, catalog } = await startShelf(t);
  assert.equal(await catalog.requireTool('sql', CALLER), catalog.findTool('sql'));
  assert.equal(catalog.requireTool('none', CALLER), undefined);
  assert.equal(catalog.knowsTool('none', CALLER), 'absent');
  assert.equal(catalog.knowsTool('sql', CALLER), 'known');
  assert.equal(server.fake.hits.length, 2);
});

test('tools of a list that passes through are known at once, and replace what was', async (t) => {
  const { server, catalog, invalid } = await startShelf(t);
  const learned = catalog.learnTool('sql', toBytes(toTool('sql', 'Zone')));
  assert.ok(learned.valid);
  assert.deepEqual(learned.params, [{ key: 'zone', path: ['region'], type: 'string' }]);
  assert.equal(catalog.requireTool('sql', CALLER), learned);
  assert.deepEqual(catalog.learnTool('sql', toBytes(toTool('sql', 'Zone', 'number'))), { valid: false, why: 'type' });
  catalog.learnTool('sql', toBytes(toTool('sql', 'Zone', 'number')));
  assert.equal(catalog.learnTool('plain', undefined), NO_ANNOTATIONS);
  assert.equal(catalog.findTool('plain'), NO_ANNOTATIONS);
  catalog.learnPrompt('greet');
  assert.equal(catalog.knowsPrompt('greet', CALLER), 'known');
  assert.deepEqual(invalid, ['weather sql type']);
  assert.equal(server.fake.hits.length, 0);
});

test('with paramHeaders: forward nothing is read, and nothing is taken for absent or invalid', async (t) => {
  const { server, catalog, invalid } = await startShelf(t, { paramHeaders: 'forward' });
  await catalog.start();
  assert.equal(catalog.checks, false);
  assert.equal(catalog.requireTool('sql', CALLER), undefined);
  assert.equal(catalog.knowsTool('sql', CALLER), 'unsure');
  assert.equal(catalog.knowsPrompt('greet', CALLER), 'unsure');
  assert.equal(catalog.learnTool('bad', toBytes(toTool('bad', 'Re gion'))), NO_ANNOTATIONS);
  assert.equal(catalog.knowsTool('bad', CALLER), 'known');
  assert.equal(catalog.hasAllTools, false);
  assert.equal(catalog.allNames, undefined);
  catalog.doubtTools(CALLER);
  assert.deepEqual(invalid, []);
  assert.equal(server.fake.hits.length, 0);
});

test('a fixed secret proves the gateway without a caller', async (t) => {
  const credential = makeStaticCredential({ kind: 'bearer', token: 'own' });
  const { server, catalog } = await startShelf(t, { credential });
  await catalog.start();
  assert.deepEqual(
    server.fake.hits.map(({ request }) => request.headers.authorization),
    ['Bearer own', 'Bearer own'],
  );
});

test("a credential made from a caller is that of the call that needs the list, and says nothing of others' lists", async (t) => {
  const { server, catalog } = await startShelf(t, { credential: makeForwardCredential(), needsCaller: true });
  await catalog.start();
  assert.equal(server.fake.hits.length, 0);
  assert.ok(await catalog.requireTool('sql', CALLER));
  assert.deepEqual(
    server.fake.hits.map(({ request }) => request.headers.authorization),
    ['Bearer token-a', 'Bearer token-a'],
  );
  assert.equal(catalog.knowsTool('none', CALLER), 'unsure');
  assert.equal(catalog.hasAllTools, false);
});

test('what a credential signs is the request for the list', async (t) => {
  const signed: string[] = [];
  const { server, catalog } = await startShelf(t, {
    needsCaller: true,
    credential: async ({ envelope, principal, body, upstream }) => {
      signed.push([envelope.method.name, envelope.name, principal.subject, upstream, body].join(' '));
      return ['x-proof', 'p'];
    },
  });
  await catalog.requireTool('sql', CALLER);
  assert.deepEqual(
    signed,
    server.fake.hits.map(({ body }) => `tools/list  ada weather ${body.toString()}`),
  );
});

test('a caller who asks for names that do not exist does not keep others from reading their lists', async (t) => {
  const { server, catalog } = await startShelf(t, { credential: makeForwardCredential(), needsCaller: true });
  server.pages = { tools: [[]] };
  assert.equal(await catalog.requireTool('sql', asCaller('mallory')), undefined);
  server.pages = { tools: [[toTool('sql', 'Region')]] };
  assert.equal(catalog.requireTool('sql', asCaller('mallory')), undefined);
  assert.ok(await catalog.requireTool('sql', asCaller('ada')));
});

test('a caller without a token gives no list, and no error', async (t) => {
  const { server, catalog } = await startShelf(t, { credential: makeForwardCredential(), needsCaller: true });
  assert.equal(await catalog.requireTool('sql', makeRouted()), undefined);
  assert.equal(server.fake.hits.length, 0);
});

test('a doubt reads the tools again in the background, but not more often than other readings', async (t) => {
  let now = 0;
  const server = await startListServer(t, [[toTool('sql', 'Region')]]);
  const catalog = makeCatalog(toSettings(server), { ...DEPS, now: () => now });
  await catalog.start();
  catalog.doubtTools(CALLER);
  now = 10_000;
  server.pages = { tools: [[toTool('sql')]] };
  catalog.doubtTools(CALLER);
  catalog.doubtTools(CALLER);
  assert.ok(catalog.findTool('sql') !== NO_ANNOTATIONS);
  await catalog.requireTool('none', CALLER);
  assert.equal(catalog.findTool('sql'), NO_ANNOTATIONS);
  assert.equal(server.fake.hits.length, 2);
});

test('a catalog is carried over when upstream and credential are the same, and read anew when not', async (t) => {
  const server = await startListServer(t, [[toTool('sql', 'Region')]]);
  const settings = toSettings(server);
  const first = makeCatalogs([settings], DEPS);
  await first.start();
  assert.ok(first.isKnownTool('weather', 'sql'));
  assert.ok(!first.isKnownTool('weather', 'constructor'));
  assert.ok(!first.isKnownTool('constructor', 'sql'));
  const same = makeCatalogs([{ ...settings }], DEPS, first);
  await same.start();
  assert.equal(same.find('weather'), first.find('weather'));
  assert.equal(server.fake.hits.length, 1);
  const other = await startListServer(t);
  for (const change of [
    { upstream: other.upstream },
    { credential: () => [] },
    { needsCaller: true },
    { paramHeaders: 'forward' },
  ] as const) {
    const next = makeCatalogs([{ ...settings, ...change }], DEPS, first);
    assert.notEqual(next.find('weather'), first.find('weather'));
    assert.ok(!next.isKnownTool('weather', 'sql'));
  }
  assert.equal(makeCatalogs([], DEPS, first).find('weather'), undefined);
});
