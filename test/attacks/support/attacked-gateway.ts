// A gateway with a fake upstream behind it, and the three things every attack must show: the exact refusal, an upstream
// that saw nothing, and a gateway that still serves an honest call.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before } from 'node:test';
import { answerResult, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { type GatewayOptions, type GatewayUnderTest, startGatewayUnderTest } from '../../support/gateway-under-test.ts';
import { type HeaderLines, sendCall, toHeaderLines, toRequestBody } from '../../support/mcp-request.ts';
import { type Conversation, readAnswers, type WireAnswer } from './read-answers.ts';

/** What a refusal must look like on the wire. */
export interface Refused {
  readonly status: number;
  readonly code: number;
  readonly reason: string;
  /** The id that must be repeated; undefined: there must be none. */
  readonly id?: string | number;
}

/** One request, honest where it says nothing. */
export interface AttackRequest {
  readonly verb?: string;
  readonly target?: string;
  readonly version?: string;
  /** Replaces all lines but Host, Content-Length and Connection, which are added when they are missing. */
  readonly lines?: HeaderLines;
  /** Come behind the other lines. */
  readonly more?: HeaderLines;
  /** Header names of `lines` to leave out, such as `host`. */
  readonly without?: readonly string[];
  readonly body?: string | Buffer;
}

const HONEST_BODY = toRequestBody('tools/call', { name: 'echo', arguments: {} });

/** How long an attack may wait for its answer; far beyond any limit under test. */
const PATIENCE_MS = 5_000;

export class AttackedGateway {
  readonly gateway: GatewayUnderTest;
  readonly upstream: FakeUpstream;

  constructor(gateway: GatewayUnderTest, upstream: FakeUpstream) {
    this.gateway = gateway;
    this.upstream = upstream;
  }

  get port(): number {
    return this.gateway.port;
  }

  /** The bytes of a request. */
  toBytes(request: AttackRequest): Buffer {
    const { verb = 'POST', target = '/mcp', version = 'HTTP/1.1', more = [], without = [] } = request;
    const body = Buffer.from(request.body ?? HONEST_BODY);
    const own = [...(request.lines ?? toHeaderLines('tools/call', 'echo')), ...more];
    const named = new Set([...own.map(([name]) => name.toLowerCase()), ...without]);
    const added: HeaderLines = [
      ['Host', `127.0.0.1:${this.port}`],
      ['Connection', 'close'],
      ...(named.has('transfer-encoding') ? [] : [['Content-Length', String(body.length)] as const]),
    ];
    const lines = [
      ...added.filter(([name]) => !named.has(name.toLowerCase())),
      ...own.filter(([name]) => !without.includes(name.toLowerCase())),
    ];
    const head = `${verb} ${target} ${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), body]);
  }

  /** Sends bytes on one connection and reads all that comes back until the gateway closes it. */
  async converse(bytes: Buffer | string, bodiless: readonly number[] = []): Promise<Conversation> {
    return readAnswers(await exchange(this.port, bytes), bodiless);
  }

  /** Sends one request, which must get exactly one answer. */
  async send(request: AttackRequest | Buffer | string): Promise<WireAnswer> {
    const bytes = typeof request === 'string' || Buffer.isBuffer(request) ? request : this.toBytes(request);
    const { answers, rubbish } = await this.converse(bytes);
    assert.equal(rubbish, '', 'bytes that are no answer');
    assert.equal(answers.length, 1, 'exactly one answer');
    return answers[0] as WireAnswer;
  }

  /** The request is refused so, the upstream sees nothing of it, and an honest call is served afterwards. */
  async getRefusal(request: AttackRequest | Buffer | string, expected: Refused): Promise<WireAnswer> {
    const seen = this.upstream.hits.length;
    const answer = await this.send(request);
    assertRefusal(answer, expected);
    assert.equal(this.upstream.hits.length, seen, 'the upstream saw the request');
    await this.servesHonestCall();
    return answer;
  }

  /** The request is served, and the upstream gets exactly this body. */
  async getAnswer(request: AttackRequest | Buffer | string, body: string | Buffer = HONEST_BODY): Promise<WireAnswer> {
    const seen = this.upstream.hits.length;
    const answer = await this.send(request);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(this.upstream.hits.length, seen + 1, 'the upstream sees it once');
    assert.deepEqual(this.upstream.hits.at(-1)?.body.toString('latin1'), Buffer.from(body).toString('latin1'));
    await this.servesHonestCall();
    return answer;
  }

  async refuses(request: AttackRequest | Buffer | string, expected: Refused): Promise<void> {
    await this.getRefusal(request, expected);
  }

  async accepts(request: AttackRequest | Buffer | string, body?: string | Buffer): Promise<void> {
    await this.getAnswer(request, body);
  }

  async servesHonestCall(): Promise<void> {
    const answer = await sendCall(this.port, 'tools/list');
    assert.equal(answer.status, 200, `the honest call got ${answer.status} ${answer.text}`);
  }
}

/** A whole refusal of this kind, with the JSON-RPC body clients recognise a modern server by. */
export function assertRefusal(answer: WireAnswer, { status, code, reason, id }: Refused): void {
  const said = answer.text.slice(0, 300);
  assert.equal(answer.status, status, said);
  assert.ok(answer.whole, 'the answer is whole');
  assert.equal(answer.headers.get('content-type'), 'application/json');
  const body = JSON.parse(answer.text) as {
    readonly jsonrpc: unknown;
    readonly id?: unknown;
    readonly result?: unknown;
    readonly error: { readonly code: unknown; readonly message: unknown; readonly data: { readonly reason: unknown } };
  };
  assert.equal(body.jsonrpc, '2.0');
  assert.equal(body.error.code, code, said);
  assert.equal(typeof body.error.message, 'string');
  assert.equal(body.error.data.reason, reason, said);
  assert.equal('result' in body, false);
  assert.equal(body.id, id, said);
}

/** Writes bytes to a port and gathers what comes back until the other side closes, or it is enough. */
export function exchange(
  port: number,
  bytes: Buffer | string,
  isEnough: (received: Buffer) => boolean = () => false,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection is still open; so far: ${Buffer.concat(chunks).toString('latin1', 0, 500)}`));
    }, PATIENCE_MS);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks));
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isEnough(Buffer.concat(chunks))) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(bytes);
  });
}

/** Starts one gateway for all tests of a file; `get` gives it inside a test. */
export function attackGateway(options: Omit<GatewayOptions, 'instances'> = {}): () => AttackedGateway {
  let attacked: AttackedGateway | undefined;
  before(async () => {
    const upstream = await startFakeUpstream(answerResult);
    const gateway = await startGatewayUnderTest({ instances: [upstream.url], ...options });
    attacked = new AttackedGateway(gateway, upstream);
  });
  after(async () => {
    await attacked?.gateway.close();
    await attacked?.upstream.close();
  });
  return () => {
    if (attacked === undefined) throw new Error('ask inside a test');
    return attacked;
  };
}

/** The refusals attacks end in, as literals of the contract. */
export const NO = {
  json: { status: 400, code: -32700, reason: 'not_json' },
  request: { status: 400, code: -32600, reason: 'not_a_request' },
  params: { status: 400, code: -32602, reason: 'bad_params' },
  state: { status: 400, code: -32602, reason: 'state_invalid' },
  mismatch: { status: 400, code: -32020, reason: 'header_mismatch' },
  version: { status: 400, code: -32022, reason: 'unsupported_version' },
  method: { status: 404, code: -32601, reason: 'unknown_method' },
  path: { status: 404, code: 404, reason: 'unknown_path' },
  verb: { status: 405, code: 405, reason: 'verb_not_allowed' },
  media: { status: 415, code: 415, reason: 'unsupported_media' },
  http: { status: 400, code: 400, reason: 'malformed_http' },
  body: { status: 413, code: 413, reason: 'body_too_large' },
  headers: { status: 431, code: 431, reason: 'headers_too_large' },
  slow: { status: 408, code: 408, reason: 'too_slow' },
  expectation: { status: 417, code: 417, reason: 'expectation' },
  host: { status: 403, code: 403, reason: 'host_not_allowed' },
  origin: { status: 403, code: 403, reason: 'origin_not_allowed' },
  upstream: { status: 502, code: -32603, reason: 'upstream_failed' },
  upstreamSlow: { status: 504, code: -32603, reason: 'upstream_slow' },
  misplaced: { status: 400, code: 400, reason: 'token_misplaced' },
  token: { status: 401, code: 401, reason: 'token_invalid' },
} as const satisfies Record<string, Refused>;
