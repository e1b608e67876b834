// What the manifests hand to the gateway: a configuration it takes, with the ports and times the manifests count on.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../../gateway/config/load-config.ts';
import { Manifests } from './read-manifests.ts';
import { RENDERINGS, type Rendering, ROOT, readRendering } from './renderings.ts';

/** Stands in for the secrets of the cluster. */
const SECRETS: Readonly<Record<string, string>> = {
  'tollgate/sealing-key': Buffer.alloc(32, 1).toString('base64'),
  'keys/sealing': Buffer.alloc(32, 2).toString('base64'),
  'redis/url': 'rediss://:password@redis:6379/0',
};

/** Which of them those shown in the documentation stand for. */
const SHOWN: Readonly<Record<string, string>> = {
  TOLLGATE_SEALING_KEY: 'tollgate/sealing-key',
  REDIS_URL: 'redis/url',
};

interface Files {
  readonly files: Readonly<Record<string, string>>;
}

function loadFiles(t: TestContext, files: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-config-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const loaded = loadConfig(join(folder, 'gateway.yaml'), env);
  assert.ok(loaded.ok, JSON.stringify('errors' in loaded && loaded.errors));
  return loaded.config;
}

/** Loads the configuration as the container would. */
function load(t: TestContext, rendering: Rendering) {
  const manifests = new Manifests(readRendering(rendering));
  const container = manifests.getContainer();
  const env = Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => {
      const from = valueFrom?.secretKeyRef;
      return [name, value ?? SECRETS[`${from?.name}/${from?.key}`]];
    }),
  );
  const [command, option, file = ''] = container.args ?? [];
  assert.deepEqual([command, option], ['serve', '--config']);
  const mount = container.volumeMounts?.find(({ name }) => name === 'config');
  assert.equal(file, `${mount?.mountPath}/gateway.yaml`);
  const config = loadFiles(t, manifests.get('ConfigMap').data ?? {}, env);
  return { manifests, container, config, env };
}

for (const name of ['defaults', 'everything'] as const) {
  test(`${name}: the gateway takes its configuration, and listens where services and probes look for it`, (t) => {
    const { container, config } = load(t, RENDERINGS[name]);
    const ports = Object.fromEntries(container.ports?.map((port) => [port.name, port.containerPort]) ?? []);
    assert.deepEqual(ports, { http: config.listen.port, admin: config.admin.port });
    assert.deepEqual([config.listen.host, config.admin.host], ['0.0.0.0', '0.0.0.0']);
  });

  test(`${name}: the gateway leaves in the time that Kubernetes was told`, (t) => {
    const { manifests, config } = load(t, RENDERINGS[name]);
    const ms = config.drain.noticeMs + config.drain.graceMs;
    const pod = manifests.get('Deployment').spec?.template.spec;
    assert.equal(pod?.terminationGracePeriodSeconds, ms / 1000 + 5);
  });

  test(`${name}: bodies held at once fit into the memory of the container`, (t) => {
    const { container, config } = load(t, RENDERINGS[name]);
    const limit = String(container.resources?.limits?.memory);
    const bytes = Number.parseInt(limit, 10) * 2 ** 30;
    assert.match(limit, /^\d+Gi$/);
    assert.ok(config.workers * (config.limits.queuedBytes + 256 * 2 ** 20) <= bytes);
  });
}

test('several pods open each other’s seals: the key is one of a secret, and none is made', (t) => {
  const { config, env } = load(t, RENDERINGS.defaults);
  assert.deepEqual(
    config.sealing.keys.map(({ secret }) => secret),
    [env.TOLLGATE_SEALING_KEY],
  );
});

test('the values shown in docs/kubernetes.md make a configuration that the gateway takes', (t) => {
  const page = readFileSync(join(ROOT, 'docs/kubernetes.md'), 'utf8');
  const block = /```yaml\n(# values\.yaml\n[^]*?)```/.exec(page)?.[1] ?? '';
  const values = parse(block) as { secretEnv: Record<string, { secret: string; key: string }>; config: Files };
  const secrets = Object.keys(values.secretEnv).map((name) => [name, SECRETS[SHOWN[name] ?? '']]);
  const plain = new Manifests(readRendering(RENDERINGS.defaults)).getPlainEnv();
  const config = loadFiles(t, values.config.files, { ...plain, ...Object.fromEntries(secrets) });
  assert.equal(config.quotas?.store.kind, 'redis');
  assert.deepEqual([config.listen.port, config.drain.graceMs], [8080, 30_000]);
});
