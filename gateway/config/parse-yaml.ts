// Reads YAML 1.2 strictly: one document, UTF-8, no tags of its own, and every syntax error with its offset.
import { LineCounter, type ParsedNode, parseDocument, type YAMLError } from 'yaml';
import { maskVariables } from './mask-variables.ts';
import { escapeControls } from './show-value.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

interface SyntaxFault {
  readonly at: number;
  readonly message: string;
}

export interface ParsedYaml {
  readonly contents: ParsedNode | null;
  /** Empty when the contents can be used. */
  readonly faults: readonly SyntaxFault[];
  /** Line and column, from 1, of an offset. */
  readonly toPlace: (offset: number) => Place;
}

// Everything YAML calls unprintable, and the two noncharacters that stand in for braces.
const UNPRINTABLE = /[^\t\n\r\x20-\x7E\x85\xA0-\uD7FF\uE000-\uFDCF\uFDD2-\uFFFD\u{10000}-\u{10FFFF}]/u;
const MAX_FAULTS = 20;

/** Parses bytes as one YAML document; never throws. A byte order mark at the start is skipped. */
export function parseYaml(bytes: Buffer): ParsedYaml {
  const lines = new LineCounter();
  const toPlace = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const failed = (at: number, message: string): ParsedYaml => ({ contents: null, faults: [{ at, message }], toPlace });

  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return failed(0, 'expected UTF-8');
  }
  const unprintable = UNPRINTABLE.exec(text);
  if (unprintable !== null) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
    lines.lineStarts.unshift(0);
    return failed(unprintable.index, 'holds a character that YAML does not allow; escape it in double quotes');
  }
  try {
    const document = parseDocument(maskVariables(text), {
      lineCounter: lines,
      prettyErrors: false,
      // It compares every key with every other; locate-nodes finds duplicates with a map.
      uniqueKeys: false,
      stringKeys: true,
      resolveKnownTags: false,
    });
    const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS).map(toFault);
    if (document.directives?.yaml.version !== '1.2') faults.push({ at: 0, message: 'expected YAML 1.2' });
    return { contents: document.contents, faults, toPlace };
  } catch {
    return failed(0, 'is nested too deeply to be read');
  }
}

function toFault({ code, message, pos }: YAMLError): SyntaxFault {
  return {
    at: pos[0],
    message: `is not valid YAML: ${escapeControls(FIXED_WORDS.get(code) ?? withoutQuote(message))}`,
  };
}

const FIXED_WORDS = new Map<string, string>([
  ['MULTIPLE_DOCS', 'expected one document, found several'],
  ['TAG_RESOLVE_FAILED', 'Unresolved tag'],
]);

/** What the parser quotes behind a colon may be a secret that began with a character of YAML. */
function withoutQuote(message: string): string {
  return message.replace(/(?<=\w): .*$/s, '');
}
