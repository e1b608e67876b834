// The attacker declares the body to be something else: a type a browser sends without preflight, another charset that
// changes what the bytes mean, a compression the gateway would not look into.
import { test } from 'node:test';
import { type HeaderLines, toHeaderLines } from '../support/mcp-request.ts';
import { attackGateway, NO } from './support/attacked-gateway.ts';

const attacked = attackGateway();
const OTHERS = toHeaderLines('tools/call', 'echo').filter(([name]) => name !== 'Content-Type');
const withTypes = (...types: string[]): { lines: HeaderLines } => ({
  lines: [...types.map((type) => ['Content-Type', type] as const), ...OTHERS],
});

for (const type of [
  '',
  'text/plain',
  'text/plain;charset=application/json',
  'text/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json-rpc',
  'application/jsonx',
  'application/json+x',
  'application/vnd.api+json',
  'application/ld+json',
  'application/json, text/plain',
  'text/plain, application/json',
  'application/json;',
  'application/json; charset',
  'application/json; charset=',
  'application/json; charset=utf8',
  'application/json; charset=utf-16',
  'application/json; charset=utf-16le',
  'application/json; charset=utf-7',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json; charset=utf-8; profile=x',
  'application/json; profile=x; charset=utf-8',
  "application/json; charset='utf-8'",
  'application/json; charset="utf-8',
  'application/json; charset = utf-8',
  'application/json; charset*=utf-8',
  'application/json; boundary=x',
  'application /json',
  '"application/json"',
  'application/json\xa0',
  '*/*',
  'application/*',
  'json',
]) {
  test(`the content type "${type}" is refused`, () => attacked().refuses(withTypes(type), NO.media));
}

for (const type of [
  'application/json',
  'APPLICATION/JSON',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'Application/Json ; Charset="utf-8"',
  '\tapplication/json ',
]) {
  test(`the content type "${type}" is served`, () => attacked().accepts(withTypes(type)));
}

test('no content type is refused', () => attacked().refuses(withTypes(), NO.media));

test('two content types are refused, also when they are equal', async () => {
  await attacked().refuses(withTypes('application/json', 'application/json'), NO.media);
  await attacked().refuses(withTypes('application/json', 'text/plain'), NO.media);
  await attacked().refuses(withTypes('text/plain', 'application/json'), NO.media);
});

for (const encoding of [
  'gzip',
  'deflate',
  'br',
  'zstd',
  'identity',
  'x-gzip',
  'gzip, gzip',
  '',
  'utf-8',
  'aws-chunked',
]) {
  test(`the content encoding "${encoding}" is refused`, () =>
    attacked().refuses({ more: [['Content-Encoding', encoding]] }, NO.media));
}
