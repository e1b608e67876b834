// No text of one MiB holds the event loop much longer than the plainest one: what costs the square of its size is far beyond.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRatio } from './measure-ratio.ts';
import { scanText } from './scan-text.ts';

const MIB = 1 << 20;
const fill = (unit: string): string => unit.repeat(Math.floor(MIB / Buffer.byteLength(unit)));
const list = (count: number, write: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => write(i)).join();

const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['opening brackets', fill('[')],
  ['opening braces', fill('{"a":')],
  ['closed brackets', `[${fill('[],')}1]`],
  ['brackets as deep as allowed', `[${fill(`${'['.repeat(60)}${']'.repeat(60)},`)}1]`],
  ['white space', fill(' ')],
  ['one number', fill('9')],
  ['numbers', `[${fill('1,')}1]`],
  ['escapes', `"${fill('\\n')}"`],
  ['unicode escapes', `"${fill('\\u0041')}"`],
  ['surrogate pairs', `"${fill('\\ud83d\\ude00')}"`],
  ['three-byte characters', `"${fill('€')}"`],
  ['one long name', `{"${fill('n')}":1}`],
  ['one long escaped name', `{"${fill('\\u006e')}":1}`],
  ['many plain names', `{${list(9999, (i) => `"${'n'.repeat(90)}${i}":1`)}}`],
  ['many escaped names', `{${list(9999, (i) => `"\\u006e${'n'.repeat(85)}${i}":1`)}}`],
  [
    'many names of one hash',
    `{${list(8192, (i) => `"${i.toString(2).padStart(40, '0').replaceAll('0', 'Aa').replaceAll('1', 'BB')}":1`)}}`,
  ],
  ['objects with one escaped name', `[${list(9999, () => '{"\\u006e":1}')}]`],
  [
    'objects with eight names of one hash',
    `[${list(1200, () => '{"AaAaAa":1,"AaAaBB":1,"AaBBAa":1,"AaBBBB":1,"BBAaAa":1,"BBAaBB":1,"BBBBAa":1,"BBBBBB":1}')}]`,
  ],
  ['a string that never ends', `"${fill('x')}`],
  ['backslashes', `"${fill('\\\\')}`],
];

for (const [what, text] of HOSTILE) {
  test(`one MiB of ${what} takes no more than thirty times as long as one plain string`, () => {
    const plain = Buffer.from(`"${fill('x')}"`);
    const hostile = Buffer.from(text);
    const ratio = measureRatio(
      () => scanText(plain),
      () => scanText(hostile),
    );
    assert(ratio < 30, `${ratio.toFixed(1)} times`);
  });
}
