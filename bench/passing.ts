// `npm run bench:passing`: what it costs to look for something to seal in an answer that holds nothing, against plain passing.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { OutgoingHeaders, Reply } from '../gateway/exchange.ts';
import type { AnswerEditor } from '../gateway/response/answer-editor.ts';
import { JsonRelay } from '../gateway/response/json-relay.ts';
import { makeRoundEditor } from '../gateway/response/round-editor.ts';
import { StreamRelay } from '../gateway/response/stream-relay.ts';
import { toMachine } from './report.ts';
import { toNumber } from './to-number.ts';

const HELP = `npm run bench:passing -- [options]
  --ms N           CPU milliseconds spent on each row, more or less (default 400)
  --json FILE      where the figures go (default bench/results/passing.json)
  --assert-us U    exit 1 when the search costs more than U microseconds per KiB in an answer without the words it looks for
`;

const { values } = parseArgs({
  options: {
    ms: { type: 'string', default: '400' },
    json: { type: 'string', default: fileURLToPath(new URL('results/passing.json', import.meta.url)) },
    'assert-us': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});

const BATCHES = 11;
const KIB = 1024;
/** As a socket gives them. */
const PIECE_BYTES = 64 * KIB;
const WORDS = 'Light rain over the hills, easing towards the evening; wind from the west. ';

interface Row {
  readonly name: string;
  readonly kib: number;
  readonly plainUs: number;
  readonly editedUs: number;
  /** What the search costs. */
  readonly usPerKib: number;
}

/** Takes everything and keeps nothing. */
class Sink implements Reply {
  closed = false;
  begun = false;
  send(): void {}
  begin(_status: number, _headers: OutgoingHeaders): void {
    this.begun = true;
  }
  write(): boolean {
    return true;
  }
  end(): void {}
  abort(): void {}
  cutUnlessTaken(): void {}
  onDrain(): void {}
  onGone(): void {}
  onShutdown(): void {}
}

/** @param mark stands in the text, as a word of a language may */
function makeAnswer(kib: number, mark: string): Buffer {
  const text = (mark + WORDS.repeat((kib * KIB) / WORDS.length)).slice(0, kib * KIB - 110);
  const result = { resultType: 'complete', content: [{ type: 'text', text }] };
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
}

function toPieces(bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) pieces.push(bytes.subarray(at, at + PIECE_BYTES));
  return pieces;
}

const makeEditor = (): AnswerEditor =>
  makeRoundEditor(() => {
    throw new Error('nothing is to be sealed here');
  });

function passJson(pieces: readonly Buffer[], editor: AnswerEditor | undefined): void {
  pass(new JsonRelay(new Sink(), 1, { status: 200, headers: {} }, editor), pieces);
}

function passStream(pieces: readonly Buffer[], editor: AnswerEditor | undefined): void {
  pass(new StreamRelay(new Sink(), 1, {}, editor), pieces);
}

function pass(relay: JsonRelay | StreamRelay, pieces: readonly Buffer[]): void {
  for (const piece of pieces) relay.push(piece);
  relay.finish();
  if (!relay.isComplete) throw new Error('the answer did not pass');
}

/** Both ways in turn, so that the machine's moods fall on both alike; medians of the batches. */
function compare(name: string, kib: number, ms: number, work: (editor: AnswerEditor | undefined) => void): Row {
  const time = (runs: number, makes: boolean): number => {
    const before = process.cpuUsage();
    for (let run = 0; run < runs; run++) work(makes ? makeEditor() : undefined);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / runs;
  };
  // The first ones let everything be compiled.
  const toRuns = (us: number): number => Math.max(50, Math.round((ms * 1000) / BATCHES / 2 / us));
  const first = toRuns(time(50, false));
  for (let batch = 0; batch < 4; batch++) time(first, batch % 2 === 0);
  const runs = toRuns(time(first, false));
  const plain: number[] = [];
  const edited: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    plain.push(time(runs, false));
    edited.push(time(runs, true));
  }
  const [plainUs, editedUs] = [toMedian(plain), toMedian(edited)];
  return { name, kib, plainUs, editedUs, usPerKib: (editedUs - plainUs) / kib };
}

function toMedian(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

function runBench(ms: number): readonly Row[] {
  const rows: Row[] = [];
  for (const kib of [1, 16, 200]) {
    for (const [what, mark] of [
      ['', ''],
      [', with a word it looks for', 'The task of the day. '],
    ] as const) {
      const answer = makeAnswer(kib, mark);
      const events = Buffer.concat([Buffer.from('event: message\ndata: '), answer, Buffer.from('\n\n')]);
      rows.push(compare(`JSON, ${kib} KiB${what}`, kib, ms, (editor) => passJson(toPieces(answer), editor)));
      rows.push(compare(`SSE, ${kib} KiB${what}`, kib, ms, (editor) => passStream(toPieces(events), editor)));
    }
  }
  return rows;
}

if (values.help) {
  console.log(HELP);
} else {
  const rows = runBench(toNumber('--ms', values.ms));
  const machine = toMachine();
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), node: process.version, machine, rows }, undefined, 2)}\n`,
  );
  console.log(`Node ${process.version}, ${machine}\n`);
  for (const { name, plainUs, editedUs, usPerKib } of rows) {
    const figures = [plainUs, editedUs].map((us) => `${us.toFixed(2).padStart(9)} us`).join('');
    console.log(`${name.padEnd(42)}${figures}  ${usPerKib.toFixed(3).padStart(7)} us/KiB`);
  }
  const most = Number(values['assert-us']);
  process.exitCode = rows.every(({ name, usPerKib }) => name.includes('word') || usPerKib <= most) ? 0 : 1;
}
