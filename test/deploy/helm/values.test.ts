// The chart's values: each is known to the schema, described by it, and seen in what is rendered.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { Manifests } from './read-manifests.ts';
import { CHART, RENDERINGS, ROOT, readRendering } from './renderings.ts';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Where it is not false, the keys are the user's. */
  readonly additionalProperties?: unknown;
}
type Values = Readonly<Record<string, unknown>>;

const read = (path: string): string => readFileSync(join(CHART, path), 'utf8');
const schema = JSON.parse(read('values.schema.json')) as Schema;
const defaults = parse(read('values.yaml')) as Values;
const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

test('the chart is of the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const chart = parse(read('Chart.yaml')) as { version: string; appVersion: string };
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

function isClosed(
  each: Schema | undefined,
): each is Schema & { readonly properties: Readonly<Record<string, Schema>> } {
  return each?.properties !== undefined && each.additionalProperties === false;
}

/** Dotted paths of a tree, those of maps that a user fills left out. */
function toPaths(tree: Values, properties: Readonly<Record<string, Schema>> = {}, before = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const known = properties[key];
    if (!isClosed(known)) return [`${before}${key}`];
    return toPaths(value as Values, known.properties, `${before}${key}.`);
  });
}

function toSchemaPaths(properties: Readonly<Record<string, Schema>>, before = ''): string[] {
  return Object.entries(properties).flatMap(([key, each]) => {
    assert.ok(each.description, `${before}${key} is not described`);
    return isClosed(each) ? toSchemaPaths(each.properties, `${before}${key}.`) : [`${before}${key}`];
  });
}

test('the schema describes each value there is, and no other', () => {
  const { properties = {} } = schema;
  // Helm gives every chart that one.
  const known = toSchemaPaths(properties).filter((path) => path !== 'global');
  assert.deepEqual(toPaths(defaults, properties).toSorted(), known.toSorted());
});

test('the schema takes the values of the chart and of the tests', () => {
  assert.deepEqual(checked.safeParse(defaults).error?.issues, undefined);
  for (const { values } of Object.values(RENDERINGS)) {
    if (values === undefined) continue;
    // Helm takes away what is null before it looks.
    const given = parse(readFileSync(values, 'utf8'), (_, value: unknown) =>
      value === null ? undefined : value,
    ) as Values;
    assert.deepEqual(checked.safeParse(given).error?.issues, undefined);
  }
});

test('the schema refuses what could not work', () => {
  const table: readonly Values[] = [
    { replica: 3 },
    { replicas: '3' },
    { image: { digest: 'sha256:abc' } },
    { ports: { http: 80, admin: 9464 } },
    { drain: { notice: '10s', grace: 30 } },
    { secretEnv: { KEY: { secret: 'keys' } } },
    { secretEnv: { 'NOT-A-NAME': { secret: 'keys', key: 'k' } } },
    { secretEnv: { KEY: 'the secret itself' } },
    { config: { existing: '', rollOnChange: false, files: { 'access.yaml': 'rules: []' } } },
    { config: { existing: '', rollOnChange: false, files: { 'gateway.yaml': { listen: {} } } } },
    { topologySpread: { zones: 'Never', hosts: '' } },
    { networkPolicy: { egress: 'all' } },
    { serviceMonitor: { interval: '15' } },
  ];
  for (const values of table) assert.equal(checked.safeParse(values).success, false, JSON.stringify(values));
});

/** A text that only this value can have put there, for each value of test/deploy/helm/values/everything.yaml. */
const TRACES: readonly (readonly [value: string, trace: RegExp])[] = [
  ['image', /registry\.example\.com\/tollgate@sha256:2c26/],
  ['image.pullSecrets', /imagePullSecrets:\n +- name: registry-login/],
  ['image.pullPolicy', /imagePullPolicy: Always/],
  ['nameOverride', /app\.kubernetes\.io\/name: mcp-gateway/],
  ['fullnameOverride', /name: front-door-admin/],
  ['config.rollOnChange', /checksum\/config: [0-9a-f]{64}/],
  ['config.files', /people\.yaml: \|/],
  ['secretEnv', /name: REDIS_URL\n +valueFrom:\n +secretKeyRef: \{ name: redis, key: url \}/],
  ['secretFiles', /secretName: private-ca/],
  ['env', /name: LOG_LEVEL, value: "warn"/],
  ['volumes', /emptyDir:\n +sizeLimit: 1Gi/],
  ['volumeMounts', /mountPath: \/var\/lib\/tollgate/],
  ['ports.http', /name: http, containerPort: 8443/],
  ['ports.admin', /name: admin, port: 9999/],
  ['drain', /terminationGracePeriodSeconds: 128/],
  ['replicas', /replicas: 5/],
  ['disruptionBudget', /maxUnavailable: 20%/],
  ['topologySpread', /topologyKey: topology\.kubernetes\.io\/zone\n +whenUnsatisfiable: DoNotSchedule/],
  ['nodeSelector', /nodeSelector:\n +disk: fast/],
  ['tolerations', /key: dedicated/],
  ['affinity', /key: kubernetes\.io\/arch/],
  ['priorityClassName', /priorityClassName: system-of-record/],
  ['resources', /cpu: "2"/],
  ['podAnnotations', /example\.com\/owner: platform/],
  ['podLabels', /example\.com\/tier: edge/],
  ['service', /type: LoadBalancer[^]*port: 443/],
  ['service.annotations', /example\.com\/balancer: internal/],
  ['ingress', /ingressClassName: nginx[^]*secretName: tools-certificate[^]*path: \/tools/],
  ['ingress.annotations', /proxy-buffering: "off"/],
  ['networkPolicy.clients', /kubernetes\.io\/metadata\.name: ingress/],
  ['networkPolicy.scrapers', /app: scraper/],
  ['networkPolicy.egress', /- Egress[^]*port: 53 \}[^]*port: 3000/],
  ['serviceMonitor', /release: prometheus[^]*interval: 30s/],
  ['serviceAccount', /serviceAccountName: gateway-identity/],
  ['serviceAccount.annotations', /example\.com\/role: none/],
];

test('every value is seen in what is rendered', () => {
  const text = readRendering(RENDERINGS.everything);
  const plain = readRendering(RENDERINGS.defaults);
  for (const [value, trace] of TRACES) {
    assert.match(text, trace, value);
    assert.doesNotMatch(plain, trace, `${value} by default`);
  }
  const told = new Set(TRACES.map(([value]) => value.split('.')[0]));
  // Seen where it is on: with the default values.
  const others = Object.keys(defaults).filter((key) => !told.has(key));
  assert.deepEqual(others, ['autoscaling']);
  assert.equal(new Manifests(plain).get('HorizontalPodAutoscaler').spec?.maxReplicas, 10);
});

test('what somebody else brings is not made again', () => {
  const manifests = new Manifests(readRendering(RENDERINGS.bringYourOwn));
  assert.deepEqual(manifests.all.map(({ kind }) => kind).toSorted(), ['Deployment', 'Service', 'Service']);
  const { spec } = manifests.get('Deployment');
  assert.equal(spec?.replicas, 1);
  assert.equal(spec.template.spec?.serviceAccountName, 'ours');
  assert.deepEqual(spec.template.spec.volumes, [{ name: 'config', configMap: { name: 'our-gateway' } }]);
  assert.equal(spec.template.spec.topologySpreadConstraints, undefined);
  assert.equal(manifests.getContainer().image, 'tollgate:0.1.0-rc.1');
});
