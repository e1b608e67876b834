// A gateway with tokens, two endpoints and two upstreams whose servers hand out state, tasks and handles in the plain.
import type { TestContext } from 'node:test';
import { type FakeIssuer, startFakeIssuer } from '../../../support/fake-issuer.ts';
import type { FakeUpstream } from '../../../support/fake-upstream.ts';
import { type HeaderLines, type RawAnswer, sendRaw, toHeaderLines } from '../../../support/mcp-request.ts';
import { writeAccess } from '../../identity/support/guarded-gateway.ts';
import { countHits, type Gateway, startGateway, startUpstream } from '../../support/start.ts';
import { makeStatefulServer, type StatefulServer } from './stateful-server.ts';

const EVERYTHING = { tools: ['*'], prompts: ['*'], resources: ['weather://**'] };
const PUBLIC_URL = 'https://mcp.example.com';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

export const KEY = { id: 'k1', secret: Buffer.alloc(32, 'k1').toString('base64') };
export const OTHER_KEY = { id: 'k2', secret: Buffer.alloc(32, 'k2').toString('base64') };

/** One request; honest where it says nothing. */
export interface Call {
  readonly as?: string;
  readonly target?: string;
  readonly method?: string;
  readonly name?: string;
  /** Members of `params` beside the mirrored one and `_meta`. */
  readonly params?: object;
  /** What `Mcp-Name` says in place of the name. */
  readonly header?: string;
  /** More header lines. */
  readonly lines?: HeaderLines;
}

export interface Scene {
  readonly gateway: Gateway;
  readonly server: StatefulServer;
  /** Instances of the upstream `fleet`. */
  readonly upstreams: readonly FakeUpstream[];
  readonly elsewhere: FakeUpstream;
  call(call: Call): Promise<RawAnswer>;
  /** The result of a call that is answered. */
  getResult(call: Call): Promise<Record<string, unknown>>;
  /** Sends exactly this. */
  send(call: Call, body: string | Buffer): Promise<RawAnswer>;
  /** Requests that came to any server. */
  countHits(): number;
  /** Puts other keys of the configuration in force, on top of those the scene began with. */
  apply(changes: object): Promise<void>;
  /** The access files of all endpoints. */
  readonly access: readonly string[];
}

export interface SceneOptions {
  readonly sealing?: object;
  /** Keys of the whole file. */
  readonly config?: object;
  readonly instances?: number;
}

const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

export function toCallBody({ method = 'tools/call', name, params = {} }: Call): string {
  const mirrored = MIRRORED.get(method);
  const own = mirrored === undefined ? {} : { [mirrored]: name };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { _meta: META, ...own, ...params } });
}

export async function startScene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const { sealing, config: more, instances = 1 } = options;
  const server = makeStatefulServer();
  const upstreams: FakeUpstream[] = [];
  for (let i = 0; i < instances; i++) upstreams.push(await startUpstream(t, server.behaviour));
  const elsewhere = await startUpstream(t, server.behaviour);
  const issuer = await startFakeIssuer();
  t.after(() => issuer.close());
  const access = [await writeAccess(t, [{ id: 'all', allow: EVERYTHING, to: { issuers: [issuer.issuer] } }])];
  const config = {
    publicUrl: PUBLIC_URL,
    allowedHosts: ['127.0.0.1'],
    identity: { issuers: [{ issuer: issuer.issuer }] },
    upstreams: {
      fleet: { instances: upstreams.map(({ url }) => url), paramHeaders: 'forward' },
      elsewhere: { instances: [elsewhere.url], paramHeaders: 'forward' },
    },
    endpoints: {
      '/mcp': { routes: [{ match: { names: ['far_*'] }, upstream: 'elsewhere' }, { upstream: 'fleet' }], access },
      '/other/mcp': { upstream: 'fleet', access },
    },
    sealing: { keys: [KEY], ...sealing },
    ...more,
  };
  const gateway = await startGateway(t, { instances: [], config });
  const people = new Map<string, Promise<string>>();
  const tokenOf = (person: string): Promise<string> => {
    const known = people.get(person) ?? signFor(issuer, person);
    people.set(person, known);
    return known;
  };
  const scene: Scene = {
    gateway,
    server,
    upstreams,
    elsewhere,
    access,
    call: (call) => scene.send(call, toCallBody(call)),
    async send({ as = 'alice', target, method = 'tools/call', name, header = name, lines = [] }, body) {
      const token: HeaderLines = [['Authorization', `Bearer ${await tokenOf(as)}`]];
      const head = [...toHeaderLines(method, header), ...token, ...lines];
      return sendRaw({ port: gateway.port, lines: head, body, ...(target !== undefined && { target }) });
    },
    async getResult(call) {
      const { text } = await scene.call(call);
      const { result } = JSON.parse(text) as { readonly result?: Record<string, unknown> };
      if (result === undefined) throw new Error(`no result: ${text}`);
      return result;
    },
    countHits: () => countHits([...upstreams, elsewhere]),
    apply: (changes) => gateway.apply({ ...config, ...changes }),
  };
  return scene;
}

/** A person is a subject, and behind a colon a tenant: `alice:acme`. */
function signFor(issuer: FakeIssuer, person: string): Promise<string> {
  const [sub, tenant] = person.split(':');
  const nowS = Math.floor(Date.now() / 1000);
  const aud = [`${PUBLIC_URL}/mcp`, `${PUBLIC_URL}/other/mcp`];
  return issuer.sign({ sub, aud, client_id: 'cli', iat: nowS, exp: nowS + 864_000, ...(tenant && { tenant }) });
}

/** All of an answer that a client can see, but for when it was given. */
export function toWire({ status, headers, text, whole }: RawAnswer): string {
  return JSON.stringify([status, [...headers].filter(([name]) => name !== 'date'), text, whole]);
}
