// Starts what a test needs and ends it with the test.
import type { TestContext } from 'node:test';
import { type Behaviour, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { type GatewayOptions, type GatewayUnderTest, startGatewayUnderTest } from '../../support/gateway-under-test.ts';
import { type MetricReader, readMetrics } from './read-metrics.ts';

export interface Gateway extends GatewayUnderTest {
  /** The metrics of this moment. */
  scrape(): Promise<MetricReader>;
  /** Exchanges that are open now. */
  countInFlight(): Promise<number>;
}

export async function startGateway(t: TestContext, options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGatewayUnderTest(options);
  t.after(() => gateway.close());
  const scrape = async (): Promise<MetricReader> => readMetrics(await gateway.app.metrics.registry.metrics());
  return { ...gateway, scrape, countInFlight: async () => (await scrape()).get('mcp_gateway_requests_in_flight') };
}

export async function startUpstream(t: TestContext, behaviour?: Behaviour): Promise<FakeUpstream> {
  const upstream = await startFakeUpstream(behaviour);
  t.after(() => upstream.close());
  return upstream;
}

export function startUpstreams(t: TestContext, count: number, behaviour?: Behaviour): Promise<FakeUpstream[]> {
  return Promise.all(Array.from({ length: count }, () => startUpstream(t, behaviour)));
}

/** A URL at which nothing listens. */
export async function makeDeadUrl(): Promise<string> {
  const upstream = await startFakeUpstream();
  await upstream.close();
  return upstream.url;
}

/** How many requests reached these servers. */
export function countHits(upstreams: readonly FakeUpstream[]): number {
  return upstreams.reduce((sum, { hits }) => sum + hits.length, 0);
}
