// Runs the metadata passage alone, on a free port, before whatever issuer a test names.
import type { TestContext } from 'node:test';
import fastify from 'fastify';
import { LiveExchanges } from '../../../gateway/edge/live-exchanges.ts';
import { toPort } from '../../../gateway/edge/mcp-server.ts';
import { registerMetadataPassage, toIssuerDocuments } from '../../../gateway/edge/metadata-passage.ts';
import type { Refusal } from '../../../gateway/refusal.ts';

export const OAUTH = '/.well-known/oauth-authorization-server';
export const OIDC = '/.well-known/openid-configuration';

export interface PassageUnderTest {
  readonly port: number;
  readonly refusals: readonly Refusal[];
  readonly live: LiveExchanges;
  /** Puts other documents in force, as a reload does; undefined: nothing is passed on. */
  pointTo(issuer: string | undefined): void;
  get(path: string, init?: RequestInit): Promise<{ readonly response: Response; readonly text: string }>;
}

function toDocuments(issuer: string | undefined): ReadonlyMap<string, URL> {
  return issuer === undefined ? new Map() : toIssuerDocuments(issuer, ['/mcp', '/many/mcp/']);
}

export async function startPassage(t: TestContext, issuer?: string, timeoutMs = 2_000): Promise<PassageUnderTest> {
  const refusals: Refusal[] = [];
  const live = new LiveExchanges();
  const rules = { allowedHosts: new Set(['127.0.0.1']), allowedOrigins: new Set<string>(), maxBodyBytes: 1024 };
  let documents = toDocuments(issuer);
  const app = fastify({ logger: false, exposeHeadRoutes: false });
  registerMetadataPassage(app, {
    serving: () => ({ rules, passage: { documents, timeoutMs } }),
    live,
    onRefusal: (refusal) => refusals.push(refusal),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => {
    app.server.closeAllConnections();
    return app.close();
  });
  const port = toPort(app.server);
  return {
    port,
    refusals,
    live,
    pointTo(to) {
      documents = toDocuments(to);
    },
    async get(path, init) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });
      return { response, text: await response.text() };
    },
  };
}
