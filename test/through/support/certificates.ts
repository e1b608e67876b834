// Makes one authority with certificates for this machine, written where a configuration can name them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type Authority, type Certified, makeAuthority } from '../../gateway/upstream/certificates.ts';

export interface TlsFiles {
  readonly authority: Authority;
  /** For `localhost` and `127.0.0.1`. */
  readonly here: Certified;
  /** Writes a PEM text to a file that goes with the test, and returns its name. */
  readonly write: (pem: string) => Promise<string>;
}

export async function makeTlsFiles(t: TestContext): Promise<TlsFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const authority = makeAuthority();
  let count = 0;
  return {
    authority,
    here: authority.certify('DNS:localhost,IP:127.0.0.1'),
    async write(pem) {
      const file = join(folder, `${++count}.pem`);
      await writeFile(file, pem, { mode: 0o600 });
      return file;
    },
  };
}

export interface TlsUpstream {
  readonly port: number;
  readonly url: string;
  readonly server: Server;
  /** JSON-RPC ids that arrived, and the common name of the client certificate each came with. */
  readonly hits: readonly { readonly id: unknown; readonly client: string | undefined }[];
}

/** Answers every request; with `ca`, only to clients with a certificate of that authority. */
export async function startTlsUpstream(t: TestContext, { cert, key }: Certified, ca?: string): Promise<TlsUpstream> {
  const hits: { id: unknown; client: string | undefined }[] = [];
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id } = (await json(request)) as { id: unknown };
    const name: unknown = ca === undefined ? undefined : (request.socket as TLSSocket).getPeerCertificate().subject.CN;
    hits.push({ id, client: typeof name === 'string' ? name : undefined });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete' } }));
  }
  const server = createServer({ cert, key, ...mutual }, (request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `https://127.0.0.1:${port}/mcp`, server, hits };
}
