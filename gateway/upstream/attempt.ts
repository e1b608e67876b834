// One try at one instance: sends the request, hands its answer to a relay, and knows how far both got.
import type { Dispatcher } from 'undici';
import type { AnswerFault, AnswerRelay, Reply } from '../exchange.ts';
import type { Instance } from './instance.ts';

export interface AttemptRequest {
  readonly instance: Instance;
  /** A long-lived stream: it uses its own connections and may be silent without end. */
  readonly listens: boolean;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export type AttemptEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'client_left' }
  /** `sent`: the instance may have seen the request. */
  | { readonly kind: 'failed'; readonly fault: AnswerFault; readonly sent: boolean; readonly cause?: unknown };

const ANSWERED: AttemptEnd = { kind: 'answered' };
const CLIENT_LEFT: AttemptEnd = { kind: 'client_left' };

/** How long a server may take to close a stream whose response it has sent, before its connection is given up. */
const LINGER_MS = 1000;
const STOP = new Error('the gateway gave up this attempt');

/** Listens to undici for one request. Settles once; what undici says afterwards is ignored. */
export class Attempt implements Dispatcher.DispatchHandler {
  private readonly relay: AnswerRelay;
  private readonly reply: Reply;
  private readonly idleTimeoutMs: number;
  private readonly settle: (end: AttemptEnd) => void;
  private controller: Dispatcher.DispatchController | undefined;
  private cause: unknown;
  private settled = false;
  private paused = false;
  private hearsDrain = false;
  private stall: NodeJS.Timeout | undefined;
  private linger: NodeJS.Timeout | undefined;

  private constructor(relay: AnswerRelay, reply: Reply, idleTimeoutMs: number, settle: (end: AttemptEnd) => void) {
    this.relay = relay;
    this.reply = reply;
    this.idleTimeoutMs = idleTimeoutMs;
    this.settle = settle;
  }

  /** Sends the request; `onStarted` gets the attempt, so that it can be given up. */
  static run(
    request: AttemptRequest,
    relay: AnswerRelay,
    reply: Reply,
    onStarted: (attempt: Attempt) => void,
  ): Promise<AttemptEnd> {
    return new Promise((resolve) => {
      const attempt = new Attempt(relay, reply, request.idleTimeoutMs, resolve);
      onStarted(attempt);
      const { instance, listens } = request;
      const pool = listens ? instance.streams : instance.calls;
      const options: Dispatcher.DispatchOptions = {
        path: instance.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        headersTimeout: request.headersTimeoutMs,
        bodyTimeout: listens ? 0 : request.idleTimeoutMs,
      };
      try {
        pool.dispatch(options, attempt);
      } catch (error) {
        attempt.onResponseError(undefined, error as Error);
      }
    });
  }

  /** Gives up because the client left; the upstream is told by closing its connection. */
  leave(): void {
    this.end(CLIENT_LEFT);
    this.controller?.abort(STOP);
  }

  /** Gives up because the whole request took too long; there is no time left for another attempt either. */
  expire(): void {
    this.end({ kind: 'failed', fault: 'slow', sent: true });
    this.controller?.abort(STOP);
  }

  /** Ends a listening stream gracefully and lets go of its upstream. */
  conclude(): void {
    if (this.settled) return;
    this.relay.conclude();
    if (!this.relay.isComplete) return;
    this.end(ANSWERED);
    this.controller?.abort(STOP);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(STOP);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // A stream would keep a dozen buffers alive that nobody reads.
    controller.rawHeaders = null;
    // Informational answers are for this hop only.
    if (this.settled || status < 200) return;
    const fault = this.ask(() => this.relay.start(status, headers));
    if (fault !== undefined) this.fail(fault);
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.settled) return;
    const fault = this.ask(() => this.relay.push(piece));
    if (fault !== undefined) {
      this.fail(fault);
    } else if (this.relay.isComplete) {
      this.linger = setTimeout(() => controller.abort(STOP), LINGER_MS).unref();
      this.end(ANSWERED);
    } else if (this.relay.isFull) {
      this.pause(controller);
    }
  }

  onResponseEnd(): void {
    clearTimeout(this.linger);
    if (this.settled) return;
    const fault = this.ask(() => this.relay.finish());
    if (fault === undefined) this.end(ANSWERED);
    else this.fail(fault);
  }

  onResponseError(_controller: unknown, error: Error): void {
    clearTimeout(this.linger);
    if (this.settled) return;
    this.end({ kind: 'failed', fault: toFault(error), sent: this.controller !== undefined });
  }

  /** An exception while an answer is read is ours, and must not be taken for a broken connection. */
  private ask(read: () => AnswerFault | undefined): AnswerFault | undefined {
    try {
      return read();
    } catch (error) {
      this.cause = error;
      return 'internal';
    }
  }

  private fail(fault: AnswerFault): void {
    const { cause } = this;
    this.end({ kind: 'failed', fault, sent: this.controller !== undefined, ...(cause !== undefined && { cause }) });
    this.controller?.abort(STOP);
  }

  private end(end: AttemptEnd): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.stall);
    if (end.kind === 'answered') this.reply.cutUnlessTaken(this.idleTimeoutMs);
    this.settle(end);
  }

  /** Back-pressure: the upstream is not read while the client does not take what there is. */
  private pause(controller: Dispatcher.DispatchController): void {
    if (this.paused) return;
    controller.pause();
    this.paused = true;
    this.stall = setTimeout(() => this.leaveStalled(), this.idleTimeoutMs).unref();
    if (this.hearsDrain) return;
    this.hearsDrain = true;
    this.reply.onDrain(() => {
      if (!this.paused) return;
      this.paused = false;
      clearTimeout(this.stall);
      controller.resume();
    });
  }

  /** A client that takes nothing for as long as a server may be silent is treated as gone. */
  private leaveStalled(): void {
    this.reply.abort();
    this.leave();
  }
}

function toFault(error: Error & { code?: string }): AnswerFault {
  switch (error.code ?? '') {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'slow';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'oversized';
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'refused';
    default:
      return error.name === 'HTTPParserError' ? 'malformed' : 'cut';
  }
}
