// An answer's other end that only remembers what was done to it, and a request to answer.
import type { OutgoingHeaders, Reply, Routed } from '../../../gateway/exchange.ts';

export class FakeReply implements Reply {
  /** What was called, in order, such as `begin 200` or `write`. */
  readonly calls: string[] = [];
  readonly written: Buffer[] = [];
  headers: OutgoingHeaders | undefined;
  closed = false;
  begun = false;
  /** The client takes nothing more for now. */
  isSlow = false;

  get text(): string {
    return Buffer.concat(this.written).toString();
  }

  send(status: number, headers: OutgoingHeaders, body: Buffer | string): void {
    this.open(`send ${status}`, headers);
    this.written.push(Buffer.from(body));
    this.closed = true;
  }

  begin(status: number, headers: OutgoingHeaders): void {
    this.open(`begin ${status}`, headers);
  }

  write(bytes: Buffer): boolean {
    if (!this.begun || this.closed) throw new Error('bytes outside an answer');
    this.calls.push('write');
    this.written.push(Buffer.from(bytes));
    return !this.isSlow;
  }

  end(): void {
    if (!this.begun || this.closed) throw new Error('the end of no answer');
    this.calls.push('end');
    this.closed = true;
  }

  abort(): void {
    this.calls.push('abort');
    this.closed = true;
  }

  cutUnlessTaken(): void {}

  onDrain(): void {}
  onGone(): void {}
  onShutdown(): void {}

  private open(call: string, headers: OutgoingHeaders): void {
    if (this.begun || this.closed) throw new Error('a second answer');
    this.calls.push(call);
    this.headers = headers;
    this.begun = true;
  }
}

/** A request with this id, as far as its answer is concerned. */
export function makeRouted(id: string | number = 1): Routed {
  return { envelope: { id, idLiteral: JSON.stringify(id) } } as unknown as Routed;
}
