// What the audit trail tells of one request.
import type { PickedArgument } from '../../exchange.ts';
import type { DecisionNote } from '../../refusal.ts';

/** Texts are cut and free of secrets already. What is not known is undefined, and left out of the line. */
export interface AuditEntry {
  /** Undefined for what was refused before it became a request. */
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  readonly endpoint: string | undefined;
  readonly principal: PrincipalNote | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
  /** The tool that began the task asked for; undefined where `name` is the tool. */
  readonly tool: string | undefined;
  readonly decision: DecisionNote['outcome'] | undefined;
  readonly rule: string | undefined;
  /** Digest of the policy that decided. */
  readonly policy: string | undefined;
  readonly refusal: string | undefined;
  readonly reason: string | undefined;
  readonly quotaRule: string | undefined;
  readonly upstream: string | undefined;
  readonly instance: string | undefined;
  readonly status: number | undefined;
  /** How it ended; `refused` for every refusal. */
  readonly ending: string;
  readonly durationMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly sealed: number;
  readonly opened: number;
  readonly arguments: readonly PickedArgument[] | undefined;
}

export interface PrincipalNote {
  readonly kind: 'token' | 'anonymous';
  readonly issuer: string;
  readonly subject: string;
  readonly client: string;
  /** The first 32 hex digits of the SHA-256 of the token's `jti`. */
  readonly jti: string | undefined;
}
