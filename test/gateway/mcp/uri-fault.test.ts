// URIs that two readers could resolve to two things are refused before any rule is looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTemplateFault, findUriFault, type UriFault } from '../../../gateway/mcp/uri-fault.ts';
import { measureRatio } from './measure-ratio.ts';

const GOOD = [
  'weather://now',
  'weather://stations/oslo',
  'weather://stations/',
  'weather://now?units=c&lang=no',
  'weather://',
  'urn:x:y',
  'urn:isbn:0451450523',
  'mailto:ada@example.com',
  'ui://app/x',
  'test://static-text',
  'repo://MyOrg/My.Repo/.github/a..b',
  'file:///etc/hosts',
  'file:/etc/hosts',
  'https://example.com:8443/a;v=1/b,c/@me/$x(1)!',
  'https://[2001:DB8::1]:443/a',
  'x://h/a?b=/c//d',
  'x://h/100%25',
  'x://h/a%20b%3Fc%23d',
  'x://h/caf%C3%A9',
  'x://h/%E5%A0%B1%EF%BC%88%EF%BC%91%EF%BC%89',
  'x://h/...',
];

const BAD: readonly (readonly [uri: string, fault: UriFault])[] = [
  ['', 'uri_scheme'],
  ['now', 'uri_scheme'],
  ['/etc/passwd', 'uri_scheme'],
  ['//host/path', 'uri_scheme'],
  ['weather:', 'uri_scheme'],
  ['Weather://now', 'uri_scheme'],
  ['1x://now', 'uri_scheme'],
  [' x://now', 'uri_character'],
  ['x://now ', 'uri_character'],
  ['x://a b', 'uri_character'],
  ['x://a"b', 'uri_character'],
  ['x://{id}', 'uri_character'],
  ['x://a|b', 'uri_character'],
  ['x://café', 'uri_character'],
  ['x://a\u200bb', 'uri_character'],
  ['x://a／..／b', 'uri_character'],
  ['x://ａ', 'uri_character'],
  ['x://h/a[0]', 'uri_character'],
  ['x://h/a?b[]=1', 'uri_character'],
  ['x://a\nb', 'uri_control'],
  ['x://a\0', 'uri_control'],
  ['x://a\u007f', 'uri_control'],
  ['x://a\\..\\b', 'uri_backslash'],
  ['x:\\\\a', 'uri_backslash'],
  ['x://a#b', 'uri_fragment'],
  ['x://a#', 'uri_fragment'],
  ['x://a%', 'uri_percent'],
  ['x://a%2', 'uri_percent'],
  ['x://a%zz', 'uri_percent'],
  ['x://a%+1', 'uri_percent'],
  ['x://a%2e%2e/b', 'uri_percent'],
  ['x://a/%2E%2E/b', 'uri_percent'],
  ['x://a/.%2E/b', 'uri_percent'],
  ['x://%6Eow', 'uri_percent'],
  ['x://a%7Eb', 'uri_percent'],
  ['x://caf%c3%a9', 'uri_percent'],
  ['x://a%3fb', 'uri_percent'],
  ['x://a%2Fb', 'uri_encoded_separator'],
  ['x://a%2fb', 'uri_encoded_separator'],
  ['x://a%5Cb', 'uri_encoded_separator'],
  ['x://a%5c..%5cb', 'uri_encoded_separator'],
  ['x://a?b=%2F', 'uri_encoded_separator'],
  ['x://a%00', 'uri_encoded_control'],
  ['x://a%0Ab', 'uri_encoded_control'],
  ['x://a%7F', 'uri_encoded_control'],
  ['x://a/%252e%252e/b', 'uri_double_encoding'],
  ['x://a%252Fb', 'uri_double_encoding'],
  ['x://a%25252Fb', 'uri_double_encoding'],
  ['x://a/%C0%AF/b', 'uri_utf8'],
  ['x://a/%C0%AE%C0%AE/b', 'uri_utf8'],
  ['x://a/%E0%80%AF', 'uri_utf8'],
  ['x://a/%FF', 'uri_utf8'],
  ['x://a/%ED%A0%80', 'uri_utf8'],
  ['x://a/cafe%CC%81', 'uri_unicode'],
  ['x://a%E2%80%8Bb', 'uri_unicode'],
  ['x://a%E2%80%AEb', 'uri_unicode'],
  ['x://a%EF%BB%BFb', 'uri_unicode'],
  ['x://a%C2%ADb', 'uri_unicode'],
  ['x://a%C2%85b', 'uri_unicode'],
  ['x://a%E2%80%A8b', 'uri_unicode'],
  ['x://a%EF%BC%8Fb', 'uri_unicode'],
  ['x://a%EF%BC%BCb', 'uri_unicode'],
  ['x://a%EF%BC%852e', 'uri_unicode'],
  ['x://a/%EF%BC%8E%EF%BC%8E/b', 'uri_unicode'],
  ['x://a/%E2%80%A5/b', 'uri_unicode'],
  ['x://user@h/a', 'uri_user_info'],
  ['x://user:secret@h/a', 'uri_user_info'],
  ['https://good.example@evil.test/', 'uri_user_info'],
  ['x://h:/a', 'uri_authority'],
  ['x://h:8a/a', 'uri_authority'],
  ['x://a:b:1/c', 'uri_authority'],
  ['x://[::1', 'uri_authority'],
  ['x://[evil]/a', 'uri_authority'],
  ['x://..', 'uri_dot_segment'],
  ['x://../a', 'uri_dot_segment'],
  ['x://a/..', 'uri_dot_segment'],
  ['x://a/../b', 'uri_dot_segment'],
  ['x://a/./b', 'uri_dot_segment'],
  ['x://a/.', 'uri_dot_segment'],
  ['x://a/..;v=1/b', 'uri_dot_segment'],
  ['x://a/..?q', 'uri_dot_segment'],
  ['x:../a', 'uri_dot_segment'],
  ['x:/../a', 'uri_dot_segment'],
  ['urn:a/../b', 'uri_dot_segment'],
  ['x://a//b', 'uri_empty_segment'],
  ['x:////a', 'uri_empty_segment'],
  ['x://a?', 'uri_empty_query'],
  [`x://${'a'.repeat(4093)}`, 'uri_length'],
];

test('a URI that can be read in one way only is no fault', () => {
  for (const uri of GOOD) assert.equal(findUriFault(uri), undefined, uri);
});

test('a URI that can be read in two ways is a fault, and the fault says why', () => {
  for (const [uri, fault] of BAD) assert.equal(findUriFault(uri), fault, JSON.stringify(uri));
});

test('what a template says outside its expressions must be beyond doubt', () => {
  const good = ['weather://stations/{id}', 'x://{+path}', 'x://a{?q,r*}', 'x://{a:3}/{b*}', '{scheme}://a', 'x://a'];
  for (const template of good) assert.equal(findTemplateFault(template), undefined, template);
  const bad: readonly (readonly [string, UriFault])[] = [
    ['x://a/../{id}', 'uri_dot_segment'],
    ['x://{a}%2F{b}', 'uri_encoded_separator'],
    ['x://{a', 'uri_character'],
    ['x://a}', 'uri_character'],
    ['x://{a b}', 'uri_character'],
    ['x://{{a}}', 'uri_character'],
    ['x://{a}\\{b}', 'uri_backslash'],
    ['x://{}', 'uri_character'],
  ];
  for (const [template, fault] of bad) assert.equal(findTemplateFault(template), fault, template);
});

test('every octet is an ordinary escape, or refused, as RFC 3986 says', () => {
  const separators = new Set([0x2f, 0x5c]);
  for (let octet = 0; octet < 0x80; octet++) {
    const escape = `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    const letter = String.fromCharCode(octet);
    const isGood = octet > 0x1f && octet < 0x7f && !separators.has(octet) && !/[\w.~-]/.test(letter);
    assert.equal(findUriFault(`x://h/a${escape}z`) === undefined, isGood, escape);
  }
});

const fill = (piece: string, length: number): string => `x://h/${piece.repeat(Math.floor(length / piece.length))}`;

function checkOften(uri: string): void {
  for (let turn = 0; turn < 200; turn++) findTemplateFault(uri);
}

test('twice the length costs about twice the time, whatever stands there', () => {
  for (const piece of ['a', '/a', '%20', '%C3%A9', ';', '/a;', '%EF%BC%88', '?', '/.a', '{a}', '{']) {
    const [half, whole] = [fill(piece, 2000), fill(piece, 4000)];
    const ratio = measureRatio(
      () => checkOften(half),
      () => checkOften(whole),
    );
    assert.ok(ratio < 4, `${piece} ${ratio}`);
  }
});
