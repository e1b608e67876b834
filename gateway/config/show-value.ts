// Quotes configuration values for error messages: one line, bounded, without passwords or environment values.
import type { Located } from './located.ts';

const MAX_SHOWN = 80;
const MAX_NAMED = 20;

/** Text between backticks, escaped to one line and cut at 80 characters. */
export function quote(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return `\`${escapeControls(cut)}\``;
}

/** Makes text safe for one line of a terminal or log: control, format and separator characters become escapes. */
export function escapeControls(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** What stands at a node, in words: the file's own text, never what the environment put there. */
export function showValue({ value, source, fromEnvironment }: Located): string {
  if (fromEnvironment) return `what ${quote(source ?? '')} gives`;
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  // A key pasted where its file name belongs.
  if (source?.includes('-----BEGIN')) return 'a text that is not shown';
  const text = withoutPassword(source ?? '');
  if (typeof value === 'string') return value === '' ? 'an empty string' : quote(text);
  return `the ${typeof value} ${quote(text)}`;
}

/** What could have been written, but never endlessly. */
export function listNames(names: readonly (string | number)[]): string {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${shown}, … (${names.length} in all)` : shown;
}

function withoutPassword(text: string): string {
  const start = text.indexOf('//');
  const end = text.lastIndexOf('@');
  return start >= 0 && end > start ? `${text.slice(0, start + 2)}…${text.slice(end)}` : text;
}
