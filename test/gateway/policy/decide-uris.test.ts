// Resources: what a glob over URIs allows, and what spellings of a URI cannot slip past.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../../../gateway/policy/compile-rules.ts';
import { decide, type Kind } from '../../../gateway/policy/decide.ts';
import { makeFacts, makePrincipal, makeRule } from './make-rules.ts';

function judge(allow: readonly string[], deny: readonly string[], uri: string, kind: Kind = 'resource'): string {
  const rules = compileRules([
    makeRule('yes', 'allow', { resources: allow, to: { everyone: true } }),
    makeRule('no', 'deny', { resources: deny }),
  ]);
  const decision = decide(rules, makePrincipal(), kind, uri, makeFacts());
  return decision.allowed ? 'allowed' : (decision.fault ?? decision.why);
}

const ALLOWS: readonly (readonly [glob: string, uri: string, outcome: string])[] = [
  ['weather://now', 'weather://now', 'allowed'],
  ['weather://now', 'weather://now?units=c', 'no_rule'],
  ['weather://now', 'weather://now/', 'no_rule'],
  ['weather://now', 'weather://NOW', 'no_rule'],
  ['weather://now', 'WEATHER://now', 'uri_scheme'],
  ['weather://stations/*', 'weather://stations/oslo', 'allowed'],
  ['weather://stations/*', 'weather://stations/oslo/private', 'no_rule'],
  ['weather://stations/*', 'weather://stations/oslo?as=admin', 'no_rule'],
  ['weather://stations/*', 'weather://stations/../now', 'uri_dot_segment'],
  ['weather://stations/*', 'weather://stations/%2e%2e%2fnow', 'uri_percent'],
  ['weather://stations/*', 'weather://stations/a%2Fb', 'uri_encoded_separator'],
  ['weather://**', 'weather://stations/oslo/private?x=1', 'allowed'],
  ['weather://**', 'weather:opaque', 'no_rule'],
  ['urn:example:*', 'urn:example:a:b', 'allowed'],
  ['ui://app/*', 'ui://app/main.html', 'allowed'],
  ['https://*.example.com/**', 'https://docs.example.com/a/b', 'allowed'],
  ['https://*.example.com/**', 'https://evil.test/.example.com/a', 'no_rule'],
  ['https://*.example.com/**', 'https://evil.test?.example.com/a', 'no_rule'],
  ['https://*.example.com/**', 'https://u@evil.test:1.example.com/a', 'uri_user_info'],
  ['https://*.example.com/**', 'https://evil.test:1.example.com/a', 'uri_authority'],
];

test('a glob allows what it spells, and nothing that could be read otherwise', () => {
  for (const [glob, uri, outcome] of ALLOWS) assert.equal(judge([glob], [], uri), outcome, `${glob} ${uri}`);
});

const DENIES: readonly (readonly [glob: string, uri: string])[] = [
  ['weather://now', 'weather://now'],
  ['weather://now', 'weather://now?x=1'],
  ['weather://now', 'weather://NOW'],
  ['weather://NOW', 'weather://now?x'],
  ['weather://stations/*', 'weather://stations/oslo?x=/y'],
  ['https://example.com', 'https://EXAMPLE.com:443/?q'],
  ['https://example.com/a', 'https://example.com:443/a'],
  ['http://127.0.0.1/a', 'http://0x7f.1/a'],
  ['file:///etc/**', 'file://localhost/etc/passwd'],
  ['file:///etc/**', 'file:/etc/passwd'],
  ['file:///etc/**', 'file:///%EF%BD%85tc/passwd'],
];

test('a denial covers the spellings of what it denies, with any query', () => {
  for (const [glob, uri] of DENIES) {
    assert.equal(judge(['**'], [glob], uri), 'denied', `${glob} ${uri}`);
    assert.equal(judge([uri], [glob], uri), 'denied', `${glob} ${uri}, allowed by its own name`);
  }
});

const TEMPLATES: readonly (readonly [allow: string, template: string, outcome: string])[] = [
  ['weather://stations/{id}', 'weather://stations/{id}', 'allowed'],
  ['weather://stations/*', 'weather://stations/{id}', 'allowed'],
  ['weather://*', 'weather://{+path}', 'no_rule'],
  ['weather://*', 'weather://{#path}', 'no_rule'],
  ['weather://*', 'weather://now{?units}', 'no_rule'],
  ['weather://**', 'weather://{+path}{?units,lang*}', 'allowed'],
  ['weather://**', 'weather://stations/../{id}', 'uri_dot_segment'],
  ['weather://**', 'weather://{bad', 'uri_character'],
  ['weather://stations/*', 'weather://stations/oslo', 'allowed'],
];

test('a template is judged by its own text', () => {
  for (const [allow, template, outcome] of TEMPLATES) {
    assert.equal(judge([allow], [], template, 'template'), outcome, `${allow} ${template}`);
  }
  assert.equal(judge(['**'], ['weather://now'], 'weather://now{?units}', 'template'), 'denied');
  assert.equal(judge(['**'], ['https://example.com/a'], 'https://example.com/a{?q}', 'template'), 'denied');
});

test('a template is not a resource', () => {
  assert.equal(judge(['**'], [], 'weather://stations/{id}'), 'uri_character');
});
