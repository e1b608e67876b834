// What clients send cannot steer the terminal or viewer that a log is read with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Log } from '../../../gateway/observe/log.ts';
import { makePrettyDestination } from '../../../gateway/observe/log-destination.ts';
import { escapeActive, escapeForTerminal } from '../../../gateway/observe/log-escape.ts';
import { Refusal } from '../../../gateway/refusal.ts';
import { makeEnvelope, makeRecord } from './make-record.ts';

const ACTIVE = [
  '\u0000',
  '\b',
  '\r',
  '\u001b[2J',
  '\u007f',
  '\u0085',
  '\u009b1m',
  '\u200b',
  '\u2028',
  '\u202e',
  '\u2066',
  '\ufeff',
];
const STEERS = /(?!\n)[\p{Cc}\u200b\u2028-\u202e\u2066-\u2069\ufeff]/u;

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ACTIVE, '\\', '"', '\\u001b', '\n'), fc.string({ unit: 'binary' })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

test('a line of JSON keeps its value and loses what acts', () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const line = escapeActive(JSON.stringify({ name }));
      assert(!STEERS.test(line), JSON.stringify(line));
      assert.deepEqual(JSON.parse(line), { name });
    }),
    { numRuns: 1000 },
  );
});

test('a line for a terminal decodes to texts that do not act', () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const shown = (JSON.parse(escapeForTerminal(JSON.stringify({ name }))) as { name: string }).name;
      assert(!STEERS.test(shown.replaceAll('\t', '')), JSON.stringify(shown));
    }),
    { numRuns: 1000 },
  );
});

test('every line of the log is written like that', () => {
  for (const name of ACTIVE) {
    const written: string[] = [];
    for (const destination of [
      { write: (line: string) => void written.push(escapeActive(line)), flush() {} },
      makePrettyDestination({ write: (text) => written.push(text) }),
    ]) {
      const log = new Log({ level: 'info', format: 'json' }, { destination });
      const envelope = makeEnvelope('tools/call', `a${name}b`);
      log.request(makeRecord({ envelope, refusal: new Refusal('denied') }), 1);
      log.request(makeRecord({ refusal: new Refusal('internal', { cause: new Error(`a${name}b`) }) }), 1);
    }
    // The colours are ours.
    const text = written.join('').replaceAll(/\p{Cc}\[[0-9]{1,2}m/gu, '');
    assert(!STEERS.test(text), JSON.stringify(text));
    assert.equal(text.split('request refused').length, 5);
  }
});
