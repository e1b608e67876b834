// What stands around the gateway under compose: its configuration and those of Redis, the collector and Prometheus are right only together.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { getConfig, ROOT, read, services } from './compose-files.ts';

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
    [`${keycloak?.environment?.KC_HOSTNAME}/realms/tollgate`],
  );
  assert.equal(keycloak?.environment?.KC_HOSTNAME, `http://localhost:${keycloak?.environment?.KC_HTTP_PORT}`);
  assert.equal(publicUrl, `http://localhost:${listen.port}`);
  const ports = [Number(keycloak?.environment?.KC_HTTP_PORT), listen.port, admin.port];
  assert.deepEqual(keycloak?.ports?.toSorted(), ports.map((port) => `127.0.0.1:${port}:${port}`).toSorted());
  assert.deepEqual(keycloak?.networks?.default.aliases, ['gateway']);
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

test('the gateway counts in the Redis of compose, with the password that it asks for', () => {
  const { quotas, workers, sealing } = getConfig();
  assert.ok(quotas?.store.kind === 'redis' && quotas.store.mode === 'single');
  const url = new URL(quotas.store.url);
  const { redis } = services;
  const words = redis?.entrypoint ?? [];
  assert.deepEqual([url.hostname, url.port], ['redis', '6379']);
  assert.equal(url.password, words[words.indexOf('--requirepass') + 1]);
  assert.equal(redis?.environment?.REDISCLI_AUTH, url.password);
  // An evicted counter would be a limit that begins anew.
  assert.equal(words[words.indexOf('--maxmemory-policy') + 1], 'noeviction');
  assert.ok(workers > 1, 'or nothing would be shared');
  assert.deepEqual(
    sealing.keys.map(({ id }) => id),
    ['demo'],
  );
});

interface Collector {
  readonly receivers: { readonly otlp: { readonly protocols: { readonly http: { readonly endpoint: string } } } };
  readonly exporters: { readonly otlp_grpc: { readonly endpoint: string } };
  readonly extensions: { readonly health_check: { readonly endpoint: string } };
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
}

test('spans go from the gateway to the collector, and from there to Jaeger', () => {
  const collector = parse(read('deploy/otel/collector.yaml')) as Collector;
  const { port, hostname } = new URL(getConfig().telemetry.traces?.otlp ?? '');
  assert.equal(hostname, 'collector');
  assert.equal(collector.receivers.otlp.protocols.http.endpoint, `0.0.0.0:${port}`);
  assert.equal(collector.exporters.otlp_grpc.endpoint, 'jaeger:4317');
  assert.ok(services.jaeger);
  assert.deepEqual(Object.keys(collector.service.pipelines), ['traces'], 'nothing else is sent');
  assert.equal(collector.service.pipelines.traces?.processors?.[0], 'memory_limiter');
  assert.deepEqual(collector.service.extensions, ['health_check']);
  const asked = services.collector?.healthcheck?.test?.at(-1);
  assert.equal(asked, `http://${collector.extensions.health_check.endpoint}/`);
});

test("the collector's image is its maker's of the same version, and asks the same for its health", () => {
  const lines = read('deploy/otel/Dockerfile');
  const version = services.collector?.image?.split(':')[1];
  assert.match(
    lines,
    new RegExp(`^FROM otel/opentelemetry-collector:${version?.replaceAll('.', '\\.')} AS collector$`, 'm'),
  );
  assert.match(lines, /^FROM busybox:\d+\.\d+\.\d+$/m);
  assert.match(lines, /^USER [1-9]\d*:[1-9]\d*$/m);
  assert.ok(lines.includes(JSON.stringify(services.collector?.healthcheck?.test?.slice(1)).replaceAll(',', ', ')));
});

interface Scrape {
  readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
}

test('Prometheus asks the admin port of the gateway, under the name it has in the network of Keycloak', () => {
  const { scrape_configs } = parse(read('deploy/prometheus/prometheus.yml')) as Scrape;
  const targets = scrape_configs.flatMap((job) => job.static_configs.flatMap((each) => each.targets));
  assert.deepEqual(targets, [`gateway:${getConfig().admin.port}`]);
  assert.ok(services.prometheus?.command?.includes('--enable-feature=exemplar-storage'), 'traces hang on exemplars');
});

interface Provisioned {
  readonly datasources: readonly { readonly url: string }[];
  readonly providers: readonly { readonly options: { readonly path: string } }[];
}

function readProvisioned(folder: string): Provisioned[] {
  return readdirSync(join(ROOT, 'deploy/grafana/provisioning', folder)).map(
    (name) => parse(read(`deploy/grafana/provisioning/${folder}/${name}`)) as Provisioned,
  );
}

test('Grafana finds its dashboards where they are mounted, and its sources among the services', () => {
  const { grafana } = services;
  const paths = readProvisioned('dashboards').flatMap(({ providers }) => providers.map(({ options }) => options.path));
  assert.equal(paths.length, 1);
  assert.ok(grafana?.volumes?.includes(`./deploy/grafana/dashboards:${paths[0]}:ro`), paths[0]);
  const home = grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH?.replace(`${paths[0]}/`, '');
  assert.ok(readdirSync(join(ROOT, 'deploy/grafana/dashboards')).includes(home ?? ''), home);
  const sources = readProvisioned('datasources').flatMap(({ datasources }) =>
    datasources.map(({ url }) => new URL(url)),
  );
  assert.ok(sources.length > 0);
  for (const { hostname, port } of sources) {
    const own = services[hostname]?.ports?.map((each) => each.split(':').at(-1));
    assert.ok(own?.includes(port), `${hostname}:${port}`);
  }
});
