// How large a JSON text may be, and why one is refused.

export interface JsonLimits {
  /** Containers inside each other; the root is 1. */
  readonly maxDepth: number;
  /** Object members in the whole text. */
  readonly maxMembers: number;
  /** Down to which depth members are noted: 1 notes those of the root object, and so on. */
  readonly notedDepth: number;
}

/** `not_json`: the text breaks RFC 8259 or cannot be decoded. `ambiguous`: it is JSON that two readers may read in two ways. */
export type JsonFault =
  | { readonly kind: 'not_json'; readonly reason: 'empty' | 'bom' | 'utf8' | 'syntax' | 'trailing' | 'surrogate' }
  | { readonly kind: 'ambiguous'; readonly reason: 'duplicate' | 'nul_in_name' | 'depth' | 'members' };

const notJson = (reason: (JsonFault & { kind: 'not_json' })['reason']): JsonFault => ({ kind: 'not_json', reason });
const ambiguous = (reason: (JsonFault & { kind: 'ambiguous' })['reason']): JsonFault => ({ kind: 'ambiguous', reason });

export const EMPTY = notJson('empty');
export const BOM = notJson('bom');
export const UTF8 = notJson('utf8');
export const SYNTAX = notJson('syntax');
export const TRAILING = notJson('trailing');
export const SURROGATE = notJson('surrogate');
export const DUPLICATE = ambiguous('duplicate');
export const NUL_IN_NAME = ambiguous('nul_in_name');
export const DEPTH = ambiguous('depth');
export const MEMBERS = ambiguous('members');
