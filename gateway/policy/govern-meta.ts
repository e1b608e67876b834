// Governs the keys of `_meta` that the protocol does not define: let through by name, removed, or refused.
import type { Edit } from '../mcp/edits.ts';
import type { Envelope } from '../mcp/envelope.ts';
import { compileNamePattern } from '../mcp/name-pattern.ts';
import { refuse } from '../refusal.ts';

export interface MetaSettings {
  /** Keys, or globs such as `com.example/*`. */
  readonly allow: readonly string[];
  /** What happens to any other key. */
  readonly mode: 'remove' | 'strict';
}

/** A second label that the specification keeps for itself (basic/index, "_meta": key names). */
const RESERVED = /^[^./]*\.(?:modelcontextprotocol|mcp)(?:\.[^/]*)?\//i;

/**
 * Makes what looks at the keys of `_meta`. A key under a prefix that the specification reserves and does not define is refused
 * whatever the settings say: it would mean something one day, and nobody has decided about it.
 *
 * @returns what must be removed
 * @throws Refusal bad_params for a reserved key; with `strict` for any key that is not let through
 */
export function makeGovernMeta({ allow, mode }: MetaSettings): (envelope: Envelope) => readonly Edit[] {
  const exact = new Set(allow.filter((entry) => !entry.includes('*')));
  const patterns = allow.filter((entry) => entry.includes('*')).map(compileNamePattern);
  return ({ foreignMeta }) => {
    if (foreignMeta.length === 0) return [];
    const edits: Edit[] = [];
    for (const { name, start, end } of foreignMeta) {
      if (RESERVED.test(name)) refuse('bad_params', { reason: 'meta_reserved' });
      if (exact.has(name) || patterns.some((matches) => matches(name))) continue;
      // A part of W3C trace context, which nobody can be blamed for; it may hold anything, so it goes.
      if (mode === 'strict' && name !== 'baggage') refuse('bad_params', { reason: 'meta_key' });
      edits.push({ start, end, text: undefined });
    }
    return edits;
  };
}
