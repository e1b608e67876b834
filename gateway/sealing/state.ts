// `requestState`: sealed when an upstream hands it out, opened when the same caller makes the same request again (SEP-2322).
import type { Edit } from '../mcp/edits.ts';
import { readString, type Span } from '../mcp/json-walk.ts';
import { refuse } from '../refusal.ts';
import { type Asking, toStateBinding } from './binding.ts';
import { findState } from './find-state.ts';
import { readPayload, writePayload } from './payload.ts';
import type { Sealer } from './sealer.ts';
import type { Seals, Unsealed } from './seals.ts';

export interface StateSettings {
  readonly ttlMs: number;
  readonly bindArguments: boolean;
  readonly singleUse: boolean;
  /** Largest `inputResponses`, in bytes of the body. */
  readonly maxResponsesBytes: number;
}

/** What must be marked as used before a state counts as opened. */
export interface StateClaim {
  readonly key: string;
  /** It need not be remembered for longer. */
  readonly ttlMs: number;
}

export interface OpenedState {
  /** Puts the upstream's own literal back into the body. */
  readonly edits: readonly Edit[];
  readonly opened: number;
  /** The upstream that gave the state out; a request may not take it to another one. */
  readonly upstream: string | undefined;
  /** With `singleUse`: whoever claims it first may go on. */
  readonly claim: StateClaim | undefined;
}

export interface StateOpening {
  readonly seals: Seals;
  readonly settings: StateSettings;
}

const NOTHING: OpenedState = { edits: [], opened: 0, upstream: undefined, claim: undefined };
/** Initialization vector and tag, which no two seals share. */
const CLAIM_CHARS = { iv: 16, tag: 22 } as const;

/**
 * Opens the state of a second round.
 *
 * @throws Refusal bad_params for `inputResponses` or `requestState` on a method that has none, or `inputResponses` that are too
 *   large; state_invalid for a state this caller did not get for this request, or no longer
 */
export function openState(request: Asking, { seals, settings }: StateOpening): OpenedState {
  const { inputResponses, requestState } = findState(request);
  if (inputResponses !== undefined) checkResponses(request, inputResponses, settings.maxResponsesBytes);
  if (requestState === undefined) return NOTHING;
  if (!Object.hasOwn(request.envelope.method.fields, 'requestState'))
    refuse('bad_params', { reason: 'state_misplaced' });
  const sealed = readString(request.body, requestState.start, requestState.end);
  const toBinding = (): string => toStateBinding(request, settings.bindArguments);
  const unsealed =
    seals.open(sealed, { purpose: 'state', binding: toBinding }) ?? refuse('state_invalid', { reason: 'state' });
  const key = `${sealed.slice(-CLAIM_CHARS.tag)}${findIv(sealed)}`;
  const claim = settings.singleUse ? { key, ttlMs: unsealed.leftMs } : undefined;
  return { ...toOpened(requestState, unsealed), claim };
}

function checkResponses({ envelope }: Asking, { start, end }: Span, maxBytes: number): void {
  if (!Object.hasOwn(envelope.method.fields, 'inputResponses')) refuse('bad_params', { reason: 'responses_misplaced' });
  if (end - start > maxBytes) refuse('bad_params', { reason: 'responses_size' });
}

function findIv(sealed: string): string {
  const from = sealed.indexOf('.') + 2;
  return sealed.slice(from, from + CLAIM_CHARS.iv);
}

function toOpened({ start, end }: Span, { payload }: Unsealed): Omit<OpenedState, 'claim'> {
  const { notes, literal } = readPayload(payload);
  return { edits: [{ start, end, text: literal }], opened: 1, upstream: notes[0] as string };
}

/** Seals the states in the answers to one request.
 *
 * @param upstream the one that answers
 */
export function makeStateSealer(request: Asking, { seals, settings }: StateOpening, upstream: string): Sealer {
  let binding: string | undefined;
  return {
    seal(literal) {
      binding ??= toStateBinding(request, settings.bindArguments);
      return seals.seal(writePayload([upstream], literal), { purpose: 'state', binding, lifeMs: settings.ttlMs });
    },
  };
}
