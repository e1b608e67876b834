// Conditions: what can be said in them, what is refused at load, and what they are for a request.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { type Condition, compileCondition, type Facts } from '../../../gateway/policy/condition.ts';
import { makeFacts, makePrincipal } from './make-rules.ts';

const PRINCIPAL = makePrincipal({
  scopes: ['read'],
  groups: ['red', 'blue'],
  claims: {
    tenant: 'acme',
    large: 2 ** 53,
    level: 3,
    'a.b': 'c',
    roles: ['x', 1, null],
    constructor: 'own',
    deep: { n: 1.5 },
  },
});

function compile(text: string): Condition {
  const compiled = compileCondition(text);
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.message);
  return compiled.condition;
}

function judge(text: string, args = '{}', parts: Partial<Facts> = {}): boolean | 'failed' {
  const facts = { ...makeFacts({ args, name: 'get', principal: PRINCIPAL }), ...parts };
  return compile(text).evaluate(facts);
}

type Row = readonly [text: string, args: string, holds: boolean | 'failed'];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'the request and its caller are known': [
    ['method == "tools/call" && name == "get" && endpoint == "/mcp" && client == "agent"', '{}', true],
    ['principal.kind == "token" && principal.subject == "ada" && principal.client == client', '{}', true],
    ['principal.issuer.startsWith("https://issuer.")', '{}', true],
    ['"read" in principal.scopes && !("write" in principal.scopes)', '{}', true],
    ['principal.groups.exists(g, g == "blue") && principal.groups.size() == 2', '{}', true],
    ['principal.claims.tenant == "acme" && principal.claims["a.b"] == "c"', '{}', true],
    ['principal.claims.deep.n == 1.5 && principal.claims.level == 3', '{}', true],
    ['1 in principal.claims.roles && null in principal.claims.roles', '{}', true],
    ['has(principal.claims.tenant) && !has(principal.claims.other)', '{}', true],
    ['int(now) >= 0 && int(timestamp("2026-01-01T00:00:00.9Z")) == 1767225600', '{}', true],
  ],
  'numbers are compared by what they are worth': [
    ['args.n == 5', '{"n":5}', true],
    ['args.n == 5', '{"n":5.0}', true],
    ['args.n == 5.0', '{"n":5}', true],
    ['args.n == 5', '{"n":0.5e1}', true],
    ['args.n == 5', '{"n":"5"}', false],
    ['args.n != 5', '{"n":"5"}', true],
    ['args.n > 4 && args.n < 5.5 && args.n >= 5 && args.n <= 5.0', '{"n":5}', true],
    ['args.n == 9007199254740993', '{"n":9007199254740993}', true],
    ['args.n == 9007199254740992', '{"n":9007199254740993}', false],
    ['args.n == 9007199254740992.0', '{"n":9007199254740993}', false],
    ['args.n > 9223372036854775807', '{"n":18446744073709551615}', true],
    ['args.n > 1', '{"n":18446744073709551616}', 'failed'],
    ['args.n > 1', '{"n":1e400}', 'failed'],
    ['args.n == args.n', '{"n":1e400}', 'failed'],
    ['args.m == 1', '{"n":1e400,"m":1}', true],
    ['args.n > 1 || args.m == 1', '{"n":1e400,"m":1}', true],
    ['has(args.n)', '{"n":1e400}', true],
    ['principal.claims.large > 1', '{}', 'failed'],
    ['args.n + 1 == 6 && args.n * 2 - 1 == 9 && args.n / 2 == 2 && args.n % 2 == 1 && -args.n < 0', '{"n":5}', true],
    ['args.n + 1 > 0', '{"n":9223372036854775807}', 'failed'],
    ['args.n / 0 == 1', '{"n":1}', 'failed'],
    ['args.n / 0.0 > 1.0', '{"n":1.0}', true],
    ['int(args.s) == 42 && double(args.s) == 42.0 && string(42) == args.s', '{"s":"42"}', true],
    ['int(args.s) == 42', '{"s":"0x2a"}', 'failed'],
    ['double(args.n) == 1.0', '{"n":9007199254740993}', 'failed'],
  ],
  'texts are compared letter by letter': [
    [
      'args.s.startsWith("a") && args.s.endsWith("c") && args.s.contains("b") && args.s.size() == 3',
      '{"s":"abc"}',
      true,
    ],
    ['args.s.size() == 1', '{"s":"😀"}', true],
    ['args.s.lowerAscii() == "k"', '{"s":"K"}', true],
    ['args.s.lowerAscii() == "k"', '{"s":"\u212a"}', false],
    ['args.s.upperAscii() == "ſX"', '{"s":"ſx"}', true],
    ['args.s.split("/").all(p, p != "..")', '{"s":"a/../b"}', false],
    ['args.s.trim() + "!" == "a!"', '{"s":" a "}', true],
    ['args.s < "b"', '{"s":"a"}', true],
    ['args.s < 1', '{"s":"a"}', 'failed'],
    ['args.s.startsWith("a")', '{"s":1}', 'failed'],
  ],
  'containers are what was sent': [
    ['args.l == [1, "a", null, true]', '{"l":[1.0,"a",null,true]}', true],
    ['args.m == {"a": [1], "b": {"c": 2}}', '{"m":{"b":{"c":2},"a":[1]}}', true],
    ['args.m == {"a": 1}', '{"m":{"a":1,"b":1}}', false],
    ['args.l[1] == 2 && args.m["a"] == 1', '{"l":[1,2],"m":{"a":1}}', true],
    ['args.l[2] == 2', '{"l":[1,2]}', 'failed'],
    ['args.l[-1] == 2', '{"l":[1,2]}', 'failed'],
    ['args.x == null', '{"x":null}', true],
    ['args.x == null', '{}', 'failed'],
    ['"x" in args && !("y" in args)', '{"x":null}', true],
    ['args.l.exists(x, x > 2)', '{"l":["a",3]}', true],
    ['args.l.exists(x, x > 3)', '{"l":["a",3]}', 'failed'],
    ['args.l.all(x, x > 2)', '{"l":["a",1]}', false],
    ['args.l.all(x, x > 2)', '{"l":["a",3]}', 'failed'],
    ['args.l.all(x, x > 2) && args.l.size() == 0', '{"l":[]}', true],
    ['args.l.exists_one(x, x == 1)', '{"l":[1,2,1]}', false],
    ['args.l.filter(x, x > 1).map(x, x * 2) == [4, 6]', '{"l":[1,2,3]}', true],
    ['args.l.map(x, x > 1, x * 2) == [4, 6]', '{"l":[1,2,3]}', true],
    ['args.m.all(k, k.startsWith("a") && args.m[k] > 0)', '{"m":{"a":1,"ab":2}}', true],
    ['5 in args.l', '{"l":[1e400]}', 'failed'],
    ['5 in args.l', '{"l":[1e400,5]}', true],
    ['type(args.x) == int || type(args.x) == list', '{"x":[]}', true],
    ['(args.l + [3]).size() == 3', '{"l":[1,2]}', true],
  ],
  'members of prototypes are not there': [
    ['has(args.constructor) || has(args.__proto__) || has(args.toString)', '{}', false],
    ['args["__proto__"]["hasOwnProperty"] == 1', '{}', 'failed'],
    ['args["__proto__"] == 1 && args.constructor == 2', '{"__proto__":1,"constructor":2}', true],
    ['has(principal.claims.toString) || "__proto__" in principal.claims', '{}', false],
    ['principal.claims.constructor == "own"', '{}', true],
    ['args.l.length == 1', '{"l":[1]}', 'failed'],
  ],
  'logic does without a side that failed': [
    ['args.x == 1 || true', '{}', true],
    ['true || args.x == 1', '{}', true],
    ['args.x == 1 && false', '{}', false],
    ['args.x == 1 || false', '{}', 'failed'],
    ['!(args.x == 1)', '{}', 'failed'],
    ['args.b ? true : args.x == 1', '{"b":true}', true],
    ['args.b ? true : false', '{"b":1}', 'failed'],
    ['args.b', '{"b":true}', true],
    ['args.b', '{"b":"true"}', 'failed'],
  ],
  'time is what the clock says': [
    ['now == timestamp("2026-07-28T12:00:00Z")', '{}', true],
    ['now < timestamp("2026-07-28T12:00:00+00:01")', '{}', false],
    ['now - duration("1h30m") == timestamp("2026-07-28T10:30:00Z")', '{}', true],
    ['now - timestamp(args.t) > duration("24h")', '{"t":"2026-07-27T11:59:59Z"}', true],
    ['now - timestamp(args.t) > duration("24h")', '{"t":"yesterday"}', 'failed'],
    ['now > timestamp(args.t)', '{"t":"2026-02-30T00:00:00Z"}', 'failed'],
    ['now > timestamp(args.t)', '{"t":"2024-02-29T00:00:00Z"}', true],
    ['now.getHours() == 12 && now.getHours("Europe/Oslo") == 14 && now.getDayOfWeek() == 2', '{}', true],
    [
      'now.getFullYear() == 2026 && now.getMonth() == 6 && now.getDate() == 28 && now.getDayOfMonth() == 27',
      '{}',
      true,
    ],
    ['now.getHours("-03:30") == 8 && now.getMinutes("-03:30") == 30', '{}', true],
    ['duration("90m").getHours() == 1', '{}', true],
    ['timestamp(args.t) < now && now - timestamp(args.t) == duration("1s")', '{"t":1785239999}', true],
  ],
};

for (const [is, rows] of Object.entries(ROWS)) {
  test(is, () => {
    for (const [text, args, holds] of rows) assert.equal(judge(text, args), holds, `${text} ${args}`);
  });
}

suite('a text that is refused at load', () => {
  const rows: readonly (readonly [text: string, message: RegExp])[] = [
    ['', /./],
    ['args.a ==', /token: EOF/],
    ['args.a = 1', /Unexpected character: = \(at character 8\)/],
    ['tenant == "a"', /Unknown variable: tenant/],
    ['clientInfo.name == "x"', /Unknown variable: clientInfo/],
    ['args', /of type map<string, dyn>, where bool/],
    ['name', /of type string, where bool/],
    ['name == 1', /no such overload: string == int/],
    ['principal.role == "x"', /No such key: role/],
    ['name.startsWith(1)', /no matching overload/],
    ['name.matches("a+")', /matches\(\) is not available: use startsWith/],
    ['args.x.matches(args.y)', /matches\(\) is not available/],
    ['args.x.join("") == ""', /join\(\) is not available here; there are all, exists/],
    ['args.x.foo() == ""', /./],
    ['cel.bind(x, args.a, x == 1)', /bind\(\) is not available/],
    ['bytes(name) == b"a"', /not available/],
    ['args.x.split("/", 2).size() == 2', /split\(\) takes 1 arguments/],
    ['5u == args.n', /unsigned literals are not available/],
    ['args.n == 9223372036854775808', /beyond what an int holds/],
    ['args.l.all(a, args.l.all(b, args.l.all(c, true)))', /more than 2 loops/],
    ['args.l.all(args, true)', /args has a meaning already/],
    ['args.l.all(x, args.l.all(x, true))', /x has a meaning already/],
    ['{1: 2} == args', /./],
    ['{"a": 1, "a": 2} == args', /key twice/],
    ['now.getHours("Mars/Base") == 1', /"Mars\/Base" is not a time zone/],
    ['now.getHours(name) == 1', /not available/],
    ['google.protobuf.Timestamp == type(now)', /google is not available/],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, /maxDepth/],
    [`${'!'.repeat(500)}true`, /./],
    [`${'-'.repeat(500)}1 == args.x`, /./],
    [Array.from({ length: 300 }, () => 'true').join('&&'), /maxAstNodes/],
    [`name == "${'a'.repeat(2048)}"`, /longer than 2048/],
    [`args.x in [${'1,'.repeat(300)}1]`, /./],
    ['name == "\ud800"', /half a character/],
  ];
  for (const [text, message] of rows) {
    test(text.slice(0, 60), () => {
      const compiled = compileCondition(text);
      assert.ok(!compiled.ok);
      assert.match(compiled.message, message);
      assert.doesNotMatch(compiled.message, /\n/);
    });
  }
});

test('what a condition asks for is known', () => {
  assert.equal(compile('args.x == 1').usesArguments, true);
  assert.equal(compile('has(params.x)').usesArguments, true);
  assert.equal(compile('principal.claims.args == "params"').usesArguments, false);
  assert.deepEqual(
    ['1 == 2', '1 / 0 == 1', 'true', 'name == "a"'].map((text) => compile(text).constant),
    [false, 'failed', true, undefined],
  );
});

test('no text and no arguments make it throw', () => {
  const atom = fc.constantFrom(
    'args',
    'args.a',
    'principal',
    'principal.claims',
    'now',
    '1',
    '-1',
    '1.5',
    '"a"',
    'null',
    'true',
    '[1, args.a]',
    '{"a": args.b}',
    'x',
    'args.l',
    'string',
    'params.p',
  );
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc
        .tuple(tie('text'), fc.constantFrom('==', '!=', '<', '+', '-', '*', '/', '%', 'in', '&&', '||'), tie('text'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(
          tie('text'),
          fc.constantFrom('.a', '["a"]', '[0]', '.size()', '.getHours()', '.lowerAscii()', '.split("a")'),
        )
        .map(([a, b]) => `${a}${b}`),
      fc
        .tuple(tie('text'), fc.constantFrom('all', 'exists', 'map', 'filter', 'exists_one'), tie('text'))
        .map(([a, name, b]) => `${a}.${name}(x, ${b})`),
      fc
        .tuple(
          fc.constantFrom('size', 'int', 'double', 'string', 'type', 'dyn', '!', '-', 'duration', 'timestamp', 'bool'),
          tie('text'),
        )
        .map(([name, a]) => `${name}(${a})`),
      fc
        .tuple(tie('text'), tie('text'), tie('text'))
        .map((parts) => `(${parts.join(' ? ').replace(/ \? ([^?]*)$/, ' : $1')})`),
    ),
  }));
  let compiledCount = 0;
  fc.assert(
    fc.property(text, fc.dictionary(fc.constantFrom('a', 'b', 'l', '__proto__'), fc.jsonValue()), (text, args) => {
      const compiled = compileCondition(`dyn(${text}) == true`);
      if (!compiled.ok) return;
      compiledCount++;
      assert.ok(
        [true, false, 'failed'].includes(
          compiled.condition.evaluate(makeFacts({ args: JSON.stringify(args), principal: PRINCIPAL })),
        ),
      );
    }),
    { numRuns: 5_000 },
  );
  assert.ok(compiledCount > 500);
});
