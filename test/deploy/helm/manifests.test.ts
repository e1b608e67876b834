// The manifests rendered from the chart: in step with it, sound by the types of Kubernetes, confined, and pointing at each other.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Manifest, Manifests } from './read-manifests.ts';
import { RENDERINGS, type Rendering, ROOT, readRendering, toFile } from './renderings.ts';

const renderings = Object.entries(RENDERINGS).map(([name, rendering]) => ({
  name,
  manifests: new Manifests(readRendering(rendering)),
}));

test('a manifest that was changed by hand, or a chart that was not rendered again, is found', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-manifests-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const rendering: Rendering = { ...RENDERINGS.everything, manifests: join(folder, 'everything.yaml') };
  const text = toFile(rendering, 'kind: Service\n');
  writeFileSync(rendering.manifests, text);
  assert.equal(readRendering(rendering), 'kind: Service\n');
  writeFileSync(rendering.manifests, text.replace('Service', 'Secret'));
  assert.throws(() => readRendering(rendering), /is not from this chart/);
  writeFileSync(rendering.manifests, text);
  assert.throws(
    () => readRendering({ ...rendering, values: RENDERINGS.bringYourOwn.values }),
    /is not from this chart/,
  );
});

/** Where the types of each kind are, in `kubernetes-types`. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['v1 ConfigMap', 'core/v1'],
  ['v1 Service', 'core/v1'],
  ['v1 ServiceAccount', 'core/v1'],
  ['apps/v1 Deployment', 'apps/v1'],
  ['autoscaling/v2 HorizontalPodAutoscaler', 'autoscaling/v2'],
  ['networking.k8s.io/v1 Ingress', 'networking/v1'],
  ['networking.k8s.io/v1 NetworkPolicy', 'networking/v1'],
  ['policy/v1 PodDisruptionBudget', 'policy/v1'],
]);
const MONITOR = 'monitoring.coreos.com/v1 ServiceMonitor';

/** What the TypeScript compiler says of manifests as literals of their types: unknown keys, missing ones, wrong values. */
function findTypeFaults(t: TestContext, all: readonly (Manifest & { readonly apiVersion?: string })[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/kubernetes-types'), join(folder, 'node_modules/kubernetes-types'));
  const lines = all.map((manifest) => {
    const type = `${manifest.apiVersion} ${manifest.kind}`;
    const home = type === MONITOR ? './service-monitor.ts' : `kubernetes-types/${TYPES.get(type)}.js`;
    return `export default ${JSON.stringify(manifest, null, 1)} satisfies import('${home}').${manifest.kind};`;
  });
  symlinkSync(join(import.meta.dirname, 'service-monitor.ts'), join(folder, 'service-monitor.ts'));
  lines.forEach((line, index) => writeFileSync(join(folder, `manifest-${index}.ts`), line));
  const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] };
  const options = { ...compilerOptions, allowImportingTsExtensions: true };
  const files = lines.map((_, index) => `manifest-${index}.ts`);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout;
}

test('every manifest is what the types of Kubernetes say of its kind, with no key beyond them', (t) => {
  const all = renderings.flatMap(({ manifests }) => manifests.all);
  assert.equal(findTypeFaults(t, all), '');
  const kinds = new Set(all.map(({ kind }) => kind));
  assert.equal(kinds.size, TYPES.size + 1, 'each kind of the chart is among them');
});

test('a key that Kubernetes does not know, a missing one and a wrong value are found', (t) => {
  const { manifests } = renderings[0] as (typeof renderings)[number];
  const deployment = JSON.stringify(manifests.get('Deployment'));
  const table: readonly (readonly [fault: RegExp, from: string, to: string])[] = [
    [/readOnlyRootFileSystem.* does not exist/, '"readOnlyRootFilesystem"', '"readOnlyRootFileSystem"'],
    [/'name' is missing/, '"name":"tollgate","image"', '"image"'],
    [/'string' is not assignable to type 'number'/, 'PeriodSeconds":45', 'PeriodSeconds":"45s"'],
  ];
  for (const [fault, from, to] of table) {
    assert.ok(deployment.includes(from), from);
    assert.match(findTypeFaults(t, [JSON.parse(deployment.replace(from, to)) as Manifest]), fault);
  }
});

for (const { name, manifests } of renderings) {
  test(`${name}: the container is nobody, writes nothing, may do nothing, and holds no token of the cluster`, () => {
    const pod = manifests.get('Deployment').spec?.template.spec;
    const container = manifests.getContainer();
    assert.equal(pod?.automountServiceAccountToken, false);
    assert.equal(pod.enableServiceLinks, false, 'TOLLGATE_ADMIN_PORT would be a link');
    assert.equal(pod.securityContext?.runAsNonRoot, true);
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.deepEqual(container.securityContext, {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    assert.ok(
      container.volumeMounts?.every(({ subPath }) => subPath === undefined),
      'or it would never change',
    );
    assert.deepEqual([pod.hostNetwork, pod.hostPID, pod.hostIPC], [undefined, undefined, undefined]);
  });

  test(`${name}: secrets are named and never made`, () => {
    assert.deepEqual(
      manifests.all.filter(({ kind }) => kind === 'Secret'),
      [],
    );
    for (const [variable, value] of Object.entries(manifests.getPlainEnv())) {
      assert.doesNotMatch(variable, /KEY|SECRET|PASSWORD|URL$/, value);
    }
  });

  test(`${name}: what selects pods selects these, and names ports they have`, () => {
    const { spec } = manifests.get('Deployment');
    const labels = spec?.template.metadata?.labels ?? {};
    const ports = new Set(manifests.getContainer().ports?.map((port) => port.name));
    const services = manifests.all.filter(({ kind }) => kind === 'Service').map((each) => each.metadata.name);
    assert.equal(services.length, 2);
    const selectors = [
      spec?.selector.matchLabels,
      ...services.map((service) => manifests.get('Service', service).spec?.selector),
      manifests.find('PodDisruptionBudget')?.spec?.selector?.matchLabels,
      manifests.find('NetworkPolicy')?.spec?.podSelector?.matchLabels,
      ...(spec?.template.spec?.topologySpreadConstraints ?? []).map((each) => each.labelSelector?.matchLabels),
    ];
    for (const selector of selectors.filter((each) => each !== undefined)) {
      assert.ok(Object.keys(selector).length > 0);
      for (const [key, value] of Object.entries(selector)) assert.equal(labels[key], value);
    }
    const named = [
      ...services.flatMap((each) => manifests.get('Service', each).spec?.ports?.map((port) => port.targetPort) ?? []),
      ...(manifests.find('NetworkPolicy')?.spec?.ingress ?? []).flatMap((each) => each.ports?.map((port) => port.port)),
    ];
    for (const port of named) assert.ok(ports.has(String(port)), String(port));
    const target = manifests.find('HorizontalPodAutoscaler')?.spec?.scaleTargetRef.name;
    if (target !== undefined) assert.equal(target, manifests.get('Deployment').metadata?.name);
    assert.equal(spec?.replicas === undefined, target !== undefined, 'either counts pods');
  });

  test(`${name}: Kubernetes waits longer than the gateway needs to leave, and asks its admin port how it is`, () => {
    const pod = manifests.get('Deployment').spec?.template.spec;
    const container = manifests.getContainer();
    const { TOLLGATE_DRAIN_NOTICE: notice = '', TOLLGATE_DRAIN_GRACE: grace = '' } = manifests.getPlainEnv();
    assert.equal(pod?.terminationGracePeriodSeconds, Number.parseInt(notice, 10) + Number.parseInt(grace, 10) + 5);
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
      (each) => each?.httpGet,
    );
    assert.deepEqual(probes, [
      { path: '/livez', port: 'admin' },
      { path: '/livez', port: 'admin' },
      { path: '/readyz', port: 'admin' },
    ]);
  });
}
