// An authorization server that exchanges tokens (RFC 8693) as a real one does, and misbehaves on request, on a real port.
import { createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { compactVerify, decodeJwt } from 'jose';
import { type Claims, type FakeKey, makeFakeKey, sendJson, signToken } from './fake-issuer.ts';

export interface TokenRequestSeen {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export type TokenBehaviour = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeTokenEndpoint {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly key: FakeKey;
  /** Method and path of everything asked for so far. */
  readonly hits: readonly string[];
  /** What came to the token endpoint so far. */
  readonly requests: readonly TokenRequestSeen[];
  /** Answers requests to the token endpoint so, until called without one. */
  behave(behaviour?: TokenBehaviour): void;
  /** Puts other members into the answers that grant a token. */
  answer(members: object): void;
  /** Puts other members into the metadata documents; none at all for undefined. */
  describe(members: object | undefined): void;
  /** Holds answers of the token endpoint back, until the function it returns is called. */
  hold(): () => void;
  /** A token of a caller, signed by this issuer. */
  sign(claims: Claims): Promise<string>;
  close(): Promise<void>;
}

export const CLIENT = { clientId: 'gate:way', clientSecret: 'p ä+%:s' } as const;

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export async function startFakeTokenEndpoint(): Promise<FakeTokenEndpoint> {
  const key = await makeFakeKey('ES256');
  const hits: string[] = [];
  const requests: TokenRequestSeen[] = [];
  const sockets = new Set<Socket>();
  let behaviour: TokenBehaviour | undefined;
  let answered: object = {};
  let described: object | undefined = {};
  let held: Promise<void> | undefined;
  let serial = 0;

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization, 'content-type': contentType } = request.headers;
    const body = await text(request);
    requests.push({ authorization, contentType, body });
    await held;
    if (behaviour !== undefined) return behaviour(request, response);
    const form = new URLSearchParams(body);
    if (!isClient(authorization)) return sendJson(response, { error: 'invalid_client' }, 401);
    if (form.get('grant_type') !== GRANT_TYPE) return sendJson(response, { error: 'unsupported_grant_type' }, 400);
    const subject = await findSubject(form);
    if (subject === undefined) return sendJson(response, { error: 'invalid_grant' }, 400);
    const claims = { iss: issuer, sub: subject, aud: form.get('resource'), jti: `${++serial}` };
    sendJson(response, {
      access_token: await signToken(key, { ...claims, act: { sub: CLIENT.clientId } }),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 300,
      ...answered,
    });
  }

  async function findSubject(form: URLSearchParams): Promise<unknown> {
    const token = form.get('subject_token') ?? '';
    if (form.get('subject_token_type') !== ACCESS_TOKEN) return undefined;
    try {
      await compactVerify(token, createPublicKey(key.privateKey));
      return decodeJwt(token).sub;
    } catch {
      return undefined;
    }
  }

  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    if (request.method === 'POST' && request.url === '/token') return void exchange(request, response);
    const isMetadata = request.url?.startsWith('/.well-known/') === true && described !== undefined;
    if (isMetadata) return sendJson(response, { issuer, token_endpoint: tokenEndpoint, ...described });
    response.writeHead(404).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenEndpoint = `${issuer}/token`;

  return {
    issuer,
    tokenEndpoint,
    key,
    hits,
    requests,
    behave(next) {
      behaviour = next;
    },
    answer(members) {
      answered = members;
    },
    describe(members) {
      described = members;
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    sign: (claims) => signToken(key, { iss: issuer, ...claims }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Takes the secret apart as RFC 6749 section 2.3.1 says: base64, then each part as a form field. */
function isClient(authorization = ''): boolean {
  const [scheme, credentials = ''] = authorization.split(' ');
  const [id = '', secret = '', ...rest] = Buffer.from(credentials, 'base64').toString().split(':');
  if (scheme !== 'Basic' || rest.length > 0) return false;
  return decodeField(id) === CLIENT.clientId && decodeField(secret) === CLIENT.clientSecret;
}

function decodeField(part: string): string | null {
  return new URLSearchParams(`x=${part}`).get('x');
}
