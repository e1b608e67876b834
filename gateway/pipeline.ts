// What happens to one MCP request, in order. Read this first.
import type {
  Admitted,
  Answer,
  Authenticated,
  Enveloped,
  Opened,
  Permitted,
  Received,
  Reply,
  RequestRecord,
  Routed,
} from './exchange.ts';

/** Every stage a request passes; built once per configuration. A stage that says no throws a Refusal. */
export interface Stages {
  readonly authenticate: (request: Received) => Authenticated | Promise<Authenticated>;
  /** undefined: a notification that asks for nothing. */
  readonly openEnvelope: (request: Authenticated, body: Buffer) => Enveloped | undefined;
  /** Notes in the record what traces and the audit trail want to know of a request. */
  readonly note: (request: Enveloped, record: RequestRecord) => void;
  /** Holds `Mcp-Param-*` headers against the arguments, where the tool's schema says which they repeat. */
  readonly checkParams: (request: Enveloped) => Enveloped | Promise<Enveloped>;
  /** Opens sealed handles in the arguments, so that rules judge what they stand for. */
  readonly openHandles: (request: Enveloped) => Enveloped;
  readonly authorize: (request: Enveloped) => Permitted | Promise<Permitted>;
  readonly admit: (request: Permitted) => Admitted | Promise<Admitted>;
  readonly open: (request: Admitted) => Opened | Promise<Opened>;
  readonly route: (request: Opened) => Routed;
  readonly forward: (request: Routed, reply: Reply, record: RequestRecord) => Promise<Answer>;
  readonly release: (request: Admitted) => void;
}

/**
 * Takes one request through all stages and writes its answer to `reply`.
 *
 * The token is judged before the body is read, so that a flood without tokens never costs a parse. A stage takes only
 * what the stage before it made, so the order is held by the compiler.
 *
 * @param record learns what is known of the request as it passes, so that a refusal half-way is recorded too
 * @throws Refusal when a stage says no; nothing has been written to `reply` then
 * @throws ClientGone when the client left before its body was whole
 */
export async function handle(stages: Stages, received: Received, reply: Reply, record: RequestRecord): Promise<Answer> {
  const authenticated = await stages.authenticate(received);
  record.principal = authenticated.principal;
  const enveloped = stages.openEnvelope(authenticated, await received.readBody());
  if (enveloped === undefined) return acknowledge(reply);
  record.envelope = enveloped.envelope;
  stages.note(enveloped, record);
  const checked = stages.openHandles(await stages.checkParams(enveloped));
  const permitted = await stages.authorize(checked);
  record.decision = { outcome: 'allowed', ...permitted.permit };
  record.tool = permitted.task?.tool ?? record.tool;
  record.span?.event('authorized');
  const admitted = await stages.admit(permitted);
  record.span?.event('admitted');
  try {
    const opened = await stages.open(admitted);
    record.opened = opened.openedCount;
    const routed = stages.route(opened);
    record.upstream = routed.upstream;
    record.span?.event('routed');
    return await stages.forward(routed, reply, record);
  } finally {
    stages.release(admitted);
  }
}

/** Accepts a notification (basic/transports/streamable-http, "Sending Messages"); it goes nowhere. */
function acknowledge(reply: Reply): Answer {
  reply.send(202, {}, '');
  return { ending: 'acknowledged', status: 202, upstream: 'none', instance: -1 };
}
