// The admin listener: liveness, readiness and metrics, on a port of its own that no client reaches.
import fastify, { type FastifyInstance } from 'fastify';

/** One thing readiness looks at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Whether the gateway is out of rotation while this is not ok; one sick upstream never is. */
  readonly decides: boolean;
  readonly detail?: string;
}

export interface AdminDeps {
  readonly checks: () => readonly Check[] | Promise<readonly Check[]>;
  /** @param accept the scraper's `Accept` */
  readonly scrape: (accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Public keys of the assertions the gateway signs (RFC 7517). */
  readonly assertionKeys: () => object;
}

export function makeAdminApp(deps: AdminDeps): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true });
  app.get('/livez', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get<{ Querystring: { verbose?: string } }>('/readyz', async (request, reply) => {
    const checks = await deps.checks();
    const ready = checks.every((check) => check.ok || !check.decides);
    reply.code(ready ? 200 : 503).type('text/plain');
    if (request.query.verbose === undefined) return ready ? 'ready\n' : 'not ready\n';
    return `${checks.map(toLine).join('\n')}\n${ready ? 'ready' : 'not ready'}\n`;
  });
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(deps.assertionKeys()),
  );
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await deps.scrape(request.headers.accept);
    return reply.header('content-type', contentType).header('vary', 'accept').send(body);
  });
  return app;
}

function toLine({ name, ok, decides, detail }: Check): string {
  const mark = ok ? '+' : decides ? '-' : '!';
  return `[${mark}] ${name}${detail === undefined ? '' : `: ${detail}`}`;
}
