// Random JSON texts: every spelling the grammar allows of a random value, and the same texts spoiled.
import * as fc from 'fast-check';

type Node =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Node])[] };

const LITERALS = ['0', '-0', '7', '-12', '1.50', '1e400', '2E-3', '9007199254740993', '1e+2', 'true', 'false', 'null'];
const SPACES = ['', '', '', '', ' ', '\n', '\r\n', '\t \t'];
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

const anyName = fc.oneof(
  fc.constantFrom('a', 'b', 'id', '__proto__', 'constructor', 'é', '€', '😀', 'a"b', 'a\\b', ''),
  fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => !name.includes('\0')),
);

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom(...LITERALS).map((text) => ({ kind: 'literal', text }) as const),
    fc.string({ unit: 'binary', maxLength: 6 }).map((value) => ({ kind: 'string', value }) as const),
    fc.array(tie('node'), { maxLength: 4 }).map((items) => ({ kind: 'array', items }) as const),
    fc
      .uniqueArray(fc.tuple(anyName, tie('node')), { selector: ([name]) => name, maxLength: 12 })
      .map((members) => ({ kind: 'object', members }) as const),
  ),
}));

/** Decides, one after another, how each thing that can be spelled in two ways is spelled. */
type Choose = (options: number) => number;

const choices = fc.array(fc.nat(999), { minLength: 7, maxLength: 61 });

function makeChoose(numbers: readonly number[]): Choose {
  let at = 0;
  return (options) => (numbers[at++ % numbers.length] as number) % options;
}

/** A text of any JSON value, whose names are unique and free of NUL. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(node, choices)
  .map(([root, numbers]) => write(root, makeChoose(numbers)));

/** Spells one string, randomly escaped. */
export const anyString: fc.Arbitrary<string> = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 20 }), choices)
  .map(([value, numbers]) => writeString(value, makeChoose(numbers)));

function write(node: Node, choose: Choose): string {
  const space = (): string => SPACES[choose(SPACES.length)] as string;
  switch (node.kind) {
    case 'literal':
      return space() + node.text + space();
    case 'string':
      return space() + writeString(node.value, choose) + space();
    case 'array':
      return `${space()}[${node.items.map((item) => write(item, choose)).join(',') || space()}]${space()}`;
    case 'object': {
      const members = node.members.map(
        ([name, value]) => `${space()}${writeString(name, choose)}${space()}:${write(value, choose)}`,
      );
      return `${space()}{${members.join(',') || space()}}${space()}`;
    }
  }
}

function writeString(value: string, choose: Choose): string {
  let text = '"';
  for (const point of value) {
    const mustEscape = point < ' ' || point === '"' || point === '\\';
    const style = mustEscape ? choose(2) + 1 : choose(6);
    if (style === 1 && SHORT_ESCAPES[point] !== undefined) text += SHORT_ESCAPES[point];
    else text += style === 1 || style === 2 ? toUnicodeEscapes(point, choose) : point;
  }
  return `${text}"`;
}

function toUnicodeEscapes(point: string, choose: Choose): string {
  return Array.from({ length: point.length }, (_, i) => {
    const hex = point.charCodeAt(i).toString(16).padStart(4, '0');
    return `\\u${choose(2) === 0 ? hex : hex.toUpperCase()}`;
  }).join('');
}

const TOKENS = [
  '"',
  '\\',
  '\\u',
  '\\ud800',
  '\\u0000',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-',
  '.',
  'e',
  '0',
  '1',
  ' ',
  '\n',
];
const spoilBytes = fc.oneof(
  fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
  fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
);
const spoiling = fc.record({
  how: fc.constantFrom('flip', 'truncate', 'insert', 'remove', 'repeat'),
  at: fc.nat(1_000_000),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: spoilBytes,
});

/** A valid text with one to three random injuries; many stay valid JSON. */
export const spoiledText: fc.Arbitrary<Buffer> = fc
  .tuple(jsonText, fc.array(spoiling, { minLength: 1, maxLength: 3 }))
  .map(([text, injuries]) => {
    let bytes: Buffer = Buffer.from(text);
    for (const { how, at, length, bytes: inserted } of injuries) {
      const where = at % (bytes.length + 1);
      const head = bytes.subarray(0, where);
      const rest = bytes.subarray(where);
      if (how === 'flip') bytes = Buffer.concat([head, inserted, rest.subarray(inserted.length)]);
      if (how === 'truncate') bytes = head;
      if (how === 'insert') bytes = Buffer.concat([head, inserted, rest]);
      if (how === 'remove') bytes = Buffer.concat([head, rest.subarray(length)]);
      if (how === 'repeat') bytes = Buffer.concat([head, rest.subarray(0, length), rest]);
    }
    return bytes;
  });
