// What the primary and its workers say to each other.
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Check } from '../edge/admin-app.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';

/** From the primary. The configuration travels whole: a worker never reads a file, so all of them run the same one. */
export type ToWorker =
  /** `worker`: its number from 1, which the one that replaces it gets too. */
  | { readonly tollgate: 'start'; readonly config: GatewayConfig; readonly worker: number }
  | { readonly tollgate: 'apply'; readonly config: GatewayConfig }
  | { readonly tollgate: 'count reload'; readonly outcome: 'applied' | 'rejected' }
  | { readonly tollgate: 'reopen' }
  | { readonly tollgate: 'drain' }
  | { readonly tollgate: 'question'; readonly id: number; readonly question: Question };

/** From a worker. */
export type ToPrimary =
  | { readonly tollgate: 'ready to start' }
  | { readonly tollgate: 'listening' }
  | { readonly tollgate: 'answer'; readonly id: number; readonly answer: Answers[Question] };

/** What the primary asks, and what a worker answers. */
export interface Answers {
  readonly checks: readonly Check[];
  readonly metrics: MetricsSnapshot;
}
export type Question = keyof Answers;

export function isToWorker(message: unknown): message is ToWorker {
  return typeof message === 'object' && message !== null && 'tollgate' in message;
}

export function isToPrimary(message: unknown): message is ToPrimary {
  return typeof message === 'object' && message !== null && 'tollgate' in message;
}
