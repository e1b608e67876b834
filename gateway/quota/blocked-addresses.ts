// Remembers which networks a rule turned away and until when, in a fixed number of places: one look-up, no growth.

interface Block {
  readonly network: string;
  /** The rules that apply to every request of an endpoint; a block holds where the same ones do. */
  readonly scope: object;
  readonly rule: string;
  readonly limit: number;
  readonly untilMs: number;
}

const PLACES = 4096;

/** A block that another one pushes out is found again at the store. */
export class BlockedAddresses {
  readonly #places: (Block | undefined)[] = Array.from({ length: PLACES });
  #any = false;

  add(block: Block): void {
    this.#any = true;
    this.#places[toPlace(block.network)] = block;
  }

  find(network: string, scope: object, nowMs: number): Block | undefined {
    if (!this.#any) return undefined;
    const block = this.#places[toPlace(network)];
    if (block === undefined || block.untilMs <= nowMs) return undefined;
    return block.network === network && block.scope === scope ? block : undefined;
  }
}

function toPlace(network: string): number {
  let hash = 0;
  for (let i = 0; i < network.length; i++) hash = (Math.imul(hash, 31) + network.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 12)) & (PLACES - 1);
}
