// What authorization knows of one endpoint, compiled once when a configuration is put in force.
import type { AccessRule, Grant } from './access-rule.ts';
import { type CompiledRules, compileRules } from './compile-rules.ts';
import { type ExtensionGate, makeExtensionGate } from './govern-extensions.ts';
import { type MetaSettings, makeGovernMeta } from './govern-meta.ts';

export interface EndpointAccess {
  /** Undefined: an open gate, configured only together with anonymous callers. */
  readonly rules: readonly AccessRule[] | undefined;
  /** What an answer to a name that no rule allows looks like; missing scopes are challenged either way. */
  readonly onDeny: 'challenge' | 'hide';
  /** Whose each extension is, by its id; one that is not here does not exist. */
  readonly extensions: ReadonlyMap<string, Grant>;
  readonly meta: MetaSettings;
  /** Digest of all of this: 16 hex digits, named by every decision. */
  readonly digest: string;
  /** The `WWW-Authenticate` header that asks for these scopes (RFC 6750 section 3.1, `insufficient_scope`). */
  challenge(scopes: readonly string[]): Readonly<Record<string, string>>;
  /** The same for a caller without a token, who has proven nothing yet and so has made no error (RFC 6750 section 3). */
  challengeAbsent(scopes: readonly string[]): Readonly<Record<string, string>>;
}

export interface CompiledAccess {
  readonly access: EndpointAccess;
  readonly digest: string;
  /** The rules in force. */
  readonly rules: CompiledRules | undefined;
  /** All rules, those in shadow mode included; undefined when there are none of them. */
  readonly candidates: CompiledRules | undefined;
  readonly extensions: ExtensionGate;
  readonly governMeta: ReturnType<typeof makeGovernMeta>;
}

export function compileAccess(access: EndpointAccess): CompiledAccess {
  const { rules, digest } = access;
  const inForce = rules?.filter(({ mode }) => mode !== 'shadow');
  return {
    access,
    digest,
    rules: inForce && compileRules(inForce),
    candidates: rules !== undefined && inForce?.length !== rules.length ? compileRules(rules) : undefined,
    extensions: makeExtensionGate(access.extensions),
    governMeta: makeGovernMeta(access.meta),
  };
}
