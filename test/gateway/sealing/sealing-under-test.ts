// Seals with fixed keys and a clock the test moves, and requests that carry them.
import { randomBytes } from 'node:crypto';
import type { Principal } from '../../../gateway/exchange.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import type { Asking } from '../../../gateway/sealing/binding.ts';
import type { SealingKey } from '../../../gateway/sealing/sealing-key.ts';
import { makeSeals, type Seals } from '../../../gateway/sealing/seals.ts';
import { HONEST, type Members, makeDraft, openDraft, toBody } from '../mcp/make-request.ts';

export const NOW_MS = 1_900_000_000_000;

export function makeKey(id: string, changes: Partial<SealingKey> = {}): SealingKey {
  return { id, secret: Buffer.alloc(32, id).toString('base64'), openOnly: false, ...changes };
}

export interface SealsUnderTest extends Seals {
  advance(ms: number): void;
}

export function makeTestSeals(keys: readonly SealingKey[] = [makeKey('k1')]): SealsUnderTest {
  let nowMs = NOW_MS;
  const seals = makeSeals(keys, { nowMs: () => nowMs, randomBytes });
  return {
    ...seals,
    advance(ms) {
      nowMs += ms;
    },
  };
}

function makePrincipal(changes: Partial<Principal> = {}): Principal {
  return {
    kind: 'token',
    issuer: 'https://login.example.com',
    subject: 'alice',
    client: 'cli',
    scopes: new Set<string>(),
    groups: new Set<string>(),
    claims: {},
    validUntilMs: undefined,
    ...changes,
  } as Principal;
}

export interface AskingParts {
  readonly method?: string;
  /** What `Mcp-Name` repeats. */
  readonly name?: string;
  /** Members of `params`, literals, in place of the honest ones but for the mirrored one. */
  readonly params?: Members;
  readonly principal?: Partial<Principal>;
  readonly path?: string;
}

const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** A request that passed the gate. */
export function makeAsking(parts: AskingParts = {}): Asking {
  const { method = 'tools/call', params = [], path = '/mcp' } = parts;
  const mirrored = MIRRORED.get(method);
  const name = parts.name ?? HONEST.find(([one]) => one === method)?.[2];
  const draft = makeDraft(method);
  const required = mirrored === undefined ? draft.params : [];
  draft.params = [...required.filter(([key]) => params.every(([one]) => one !== key)), ...params];
  if (mirrored !== undefined && name !== undefined) {
    draft.params.unshift([mirrored, JSON.stringify(name)]);
    draft.headers = [...draft.headers.filter(([key]) => key !== 'Mcp-Name'), ['Mcp-Name', name]];
  }
  return {
    principal: makePrincipal(parts.principal),
    endpoint: { path, resource: `https://mcp.example.com${path}`, methods: new Set() },
    envelope: openDraft(draft),
    body: toBody(draft),
  };
}

/** `accepted`, or kind and reason of the refusal. */
export async function judge(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${error.kind}: ${error.detail.reason}`;
  }
}
