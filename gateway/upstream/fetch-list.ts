// Reads all pages of an upstream's list of tools or prompts, within bounds, with requests of the gateway's own.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fetchAnswer, type OwnAnswer } from './fetch-answer.ts';
import type { Instance, Outcome } from './instance.ts';
import { type ListKind, readPage, saysNoSuchList } from './list-page.ts';
import { toOwnBody } from './own-request.ts';
import type { StartTimer } from './start-timer.ts';
import type { Upstream } from './upstream.ts';

export interface ListSource {
  readonly upstream: Upstream;
  readonly kind: ListKind;
  /** What proves the gateway to the upstream, for a request with this body: names and values in turn. */
  readonly prove: (body: Buffer) => readonly string[] | Promise<readonly string[]>;
  readonly startTimer: StartTimer;
  /** Told of each named item, as it stands in the list; the bytes are gone afterwards. */
  readonly onItem: (name: string, item: Buffer) => void;
}

export interface ListEnd {
  /** `whole`: every page was read. `partial`: some, before a bound or a failure. */
  readonly outcome: 'whole' | 'partial' | 'failed';
  /** The shortest of all pages that say one. */
  readonly ttlMs: number | undefined;
}

/** For all pages together: calls of tools that are not known yet wait for them. */
const DEADLINE_MS = 5_000;
const MAX_PAGES = 50;
const MAX_ITEMS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** One page is checked in one go, and nothing else runs meanwhile. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** Items are looked at in batches of about this many bytes, with other work in between. */
const BATCH_BYTES = 64 * 1024;
const MAX_CURSOR_LENGTH = 16 * 1024;
const MAX_INSTANCES = 2;

/** Sends to one instance for all pages, and to another one when the first gives no page at all. Never rejects. */
export async function fetchList(source: ListSource): Promise<ListEnd> {
  const deadline = new AbortController();
  const cancel = source.startTimer(DEADLINE_MS, () => deadline.abort());
  const fetch = new ListFetch(source, deadline.signal);
  try {
    return await fetch.run();
  } catch {
    // The credential refused.
    return fetch.toEnd(false);
  } finally {
    cancel();
  }
}

type Step = 'more' | 'whole' | 'stopped' | 'failed';

class ListFetch {
  private readonly source: ListSource;
  private readonly signal: AbortSignal;
  private readonly method: string;
  private pages = 0;
  private items = 0;
  private bytes = 0;
  private ttlMs: number | undefined;
  private cursor: string | undefined;

  constructor(source: ListSource, signal: AbortSignal) {
    this.source = source;
    this.signal = signal;
    this.method = `${source.kind}/list`;
  }

  async run(): Promise<ListEnd> {
    const { upstream, prove } = this.source;
    const tried: Instance[] = [];
    while (this.pages === 0 && tried.length < MAX_INSTANCES && !this.signal.aborted) {
      const body = this.toBody();
      const proof = await prove(body);
      const instance = upstream.pick(tried);
      if (instance === undefined) break;
      tried.push(instance);
      const step = await this.readFrom(instance, body, proof);
      if (step !== 'failed') return this.toEnd(step === 'whole');
    }
    return this.toEnd(false);
  }

  toEnd(isWhole: boolean): ListEnd {
    const outcome = isWhole ? 'whole' : this.pages === 0 ? 'failed' : 'partial';
    return { outcome, ttlMs: this.ttlMs };
  }

  /** All pages together are one request in the eyes of balance and health. */
  private async readFrom(instance: Instance, firstBody: Buffer, firstProof: readonly string[]): Promise<Step> {
    const { upstream, prove } = this.source;
    upstream.begin(instance);
    let outcome: Outcome = 'abandoned';
    try {
      let [body, proof] = [firstBody, firstProof];
      for (;;) {
        const answer = await this.ask(instance, body, proof);
        // Our deadline is tighter than what the configuration allows a server.
        outcome = answer.kind !== 'failed' ? 'ok' : this.signal.aborted ? 'abandoned' : 'failed';
        const step = await this.take(answer);
        if (step !== 'more') return step;
        body = this.toBody();
        proof = await prove(body);
      }
    } finally {
      upstream.finish(instance, outcome);
    }
  }

  private ask(instance: Instance, body: Buffer, proof: readonly string[]): Promise<OwnAnswer> {
    const { method, signal } = this;
    const maxBytes = Math.min(MAX_PAGE_BYTES, MAX_BYTES - this.bytes);
    return fetchAnswer(instance, { id: this.toId(), method, body, proof, signal, maxBytes });
  }

  private toId(): string {
    return `tollgate-list-${this.pages + 1}`;
  }

  private toBody(): Buffer {
    return toOwnBody(this.toId(), this.method, this.cursor === undefined ? {} : { cursor: this.cursor });
  }

  private async take(answer: OwnAnswer): Promise<Step> {
    if (answer.kind === 'failed') return 'failed';
    if (answer.kind === 'error') return this.pages === 0 && saysNoSuchList(answer.message) ? 'whole' : 'stopped';
    const page = answer.kind === 'result' ? readPage(answer.message, this.source.kind) : undefined;
    if (answer.kind !== 'result' || page === undefined) return 'stopped';
    this.pages++;
    this.bytes += answer.message.length;
    if (page.ttlMs !== undefined) this.ttlMs = Math.min(page.ttlMs, this.ttlMs ?? page.ttlMs);
    let batchBytes = 0;
    for (const [name, item] of page.items) {
      if (++this.items > MAX_ITEMS) return 'stopped';
      this.source.onItem(name, item);
      batchBytes += item.length;
      if (batchBytes > BATCH_BYTES) {
        await nextTurn();
        batchBytes = 0;
      }
    }
    this.cursor = page.cursor;
    if (this.cursor === undefined) return 'whole';
    const isTooMuch = this.pages === MAX_PAGES || this.bytes >= MAX_BYTES || this.cursor.length > MAX_CURSOR_LENGTH;
    return isTooMuch ? 'stopped' : 'more';
  }
}
