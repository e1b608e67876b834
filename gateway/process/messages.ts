// What the primary and its workers say to each other.
import type { Check } from '../edge/admin-app.ts';

/** From the primary. */
export type ToWorker =
  | { readonly tollgate: 'drain' }
  | { readonly tollgate: 'reload' }
  | { readonly tollgate: 'checks?'; readonly ask: number };

/** From a worker. */
export type ToPrimary =
  | { readonly tollgate: 'listening' }
  | { readonly tollgate: 'checks'; readonly ask: number; readonly checks: readonly Check[] };

/** prom-client talks over the same channel. */
export function isToWorker(message: unknown): message is ToWorker {
  return typeof message === 'object' && message !== null && 'tollgate' in message;
}

export function isToPrimary(message: unknown): message is ToPrimary {
  return typeof message === 'object' && message !== null && 'tollgate' in message;
}
