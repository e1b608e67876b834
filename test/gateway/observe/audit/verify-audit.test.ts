// Proof of an audit trail: every change is found, and told apart where that can be.
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { type AuditReport, verifyAudit } from '../../../../gateway/observe/audit/verify-audit.ts';
import { ENTRY, makeAuditFolder, toChunks, verifyBytes } from './audit-under-test.ts';
import { CHECKPOINT_KEY, makeSpoilable, OTHERS, PROVERS, rehash, toBytes, toText } from './spoilable.ts';

let TRAIL: Buffer;
let SIGNED: Buffer;

before(async (t) => {
  TRAIL = await makeSpoilable(t as TestContext, undefined);
  SIGNED = await makeSpoilable(t as TestContext, CHECKPOINT_KEY);
});

/** The present end included, or not. */
const isFound = ({ broken, chains }: AuditReport): boolean =>
  broken !== undefined || chains.length !== 1 || chains.some(({ hasEnded }) => !hasEnded);

test('a trail that nobody touched is proven, with and without its key', async () => {
  for (const [bytes, provers] of [[TRAIL], [SIGNED], [SIGNED, PROVERS], [SIGNED, [...OTHERS, ...PROVERS]]] as const) {
    const report = await verifyBytes(bytes, provers);
    assert.deepEqual(
      [report.broken, report.requests, report.crashes, report.checkpoints, isFound(report)],
      [undefined, 19, 1, 4, false],
    );
    assert.equal(report.lastCheckpoint?.seq, report.chains[0]?.last.seq);
  }
});

test('any byte that is another one is found', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(TRAIL.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
      const changed = Buffer.from(TRAIL);
      changed[at] = (changed[at] as number) ^ difference;
      assert((await verifyBytes(changed)).broken !== undefined);
    }),
    { numRuns: 500 },
  );
});

test('every single bit that is turned in one line is found, and the line is named', async () => {
  const lines = toText(TRAIL);
  const start = lines.slice(0, 4).join('\n').length + 1;
  const end = start + (lines[4] as string).length;
  for (let at = start; at < end; at++) {
    const changed = Buffer.from(TRAIL);
    changed[at] = (changed[at] as number) ^ (1 << (at % 8));
    const { broken } = await verifyBytes(changed);
    assert.deepEqual([broken?.line, broken?.why], [5, 'changed'], String(at));
  }
});

test('any byte that is missing or added is found', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(TRAIL.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
      const less = Buffer.concat([TRAIL.subarray(0, at), TRAIL.subarray(at + 1)]);
      assert(isFound(await verifyBytes(less)));
      const more = Buffer.concat([TRAIL.subarray(0, at), Buffer.from([byte]), TRAIL.subarray(at)]);
      assert((await verifyBytes(more)).broken !== undefined);
    }),
    { numRuns: 300 },
  );
});

test('any end that is cut off is found', async () => {
  const ends = toText(TRAIL).map((_, at, lines) => toBytes(lines.slice(0, at)).length);
  const lengths = fc.oneof(fc.nat(TRAIL.length - 1), fc.constantFrom(...ends));
  await fc.assert(
    fc.asyncProperty(lengths, async (length) => {
      assert(isFound(await verifyBytes(TRAIL.subarray(0, length))));
    }),
    { numRuns: 300 },
  );
});

test('any run of lines that is removed is found', async () => {
  const lines = toText(TRAIL);
  for (let from = 0; from < lines.length; from++) {
    for (let to = from + 1; to <= lines.length; to++) {
      // All before a header gone: what is left is a trail that says it continues another one.
      const report = await verifyBytes(toBytes([...lines.slice(0, from), ...lines.slice(to)]));
      const startsLater = report.chains.some(({ continues }) => continues !== undefined);
      assert(isFound(report) || startsLater, `${from} to ${to}`);
    }
  }
});

test('any two lines that changed places are found', async () => {
  const lines = toText(TRAIL);
  for (let a = 0; a < lines.length; a++) {
    for (let b = a + 1; b < lines.length; b++) {
      const changed = lines.with(a, lines[b] as string).with(b, lines[a] as string);
      assert((await verifyBytes(toBytes(changed))).broken !== undefined, `${a} and ${b}`);
    }
  }
});

test('any line that stands twice, or is somebody else’s, is found', async () => {
  const lines = toText(TRAIL);
  for (let from = 0; from < lines.length; from++) {
    for (let at = 0; at <= lines.length; at++) {
      const { broken } = await verifyBytes(toBytes(lines.toSpliced(at, 0, lines[from] as string)));
      assert(broken !== undefined, `${from} at ${at}`);
    }
    const { broken } = await verifyBytes(toBytes(lines.toSpliced(from, 0, '{"level":30}')));
    assert(broken !== undefined, `log line at ${from}`);
  }
});

test('the first line that is not as it was written is named, and why', async () => {
  const lines = toText(TRAIL);
  const line = (at: number): string => lines[at] as string;
  const another = toText(SIGNED);
  const forged = rehash(line(4).replace('"name":"t', '"name":"x'));
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [lines.with(4, line(4).replace('"status":200', '"status":403')), 5, 'changed'],
    [lines.with(4, forged), 6, 'changed'],
    [lines.toSpliced(4, 1), 5, 'removed'],
    [lines.toSpliced(0, 1), 1, 'removed'],
    [lines.toSpliced(4, 0, line(3)), 5, 'inserted'],
    [lines.with(4, line(5)).with(5, line(4)), 5, 'reordered'],
    [lines.with(4, line(7)).with(7, line(4)), 5, 'reordered'],
    [[...lines, line(4)], lines.length + 1, 'inserted'],
    [lines.toSpliced(4, 0, ''), 5, 'changed'],
    [[...lines.slice(0, 6), ...lines], 7, 'inserted'],
    [[...lines.slice(0, 6), ...another], 7, 'unended'],
  ];
  for (const [changed, at, why] of cases) {
    const { broken } = await verifyBytes(toBytes(changed));
    assert.deepEqual(broken, { file: 'audit.jsonl', line: at, why });
  }
});

test('a last line that is not whole is an outcome of its own', async () => {
  const { broken } = await verifyBytes(TRAIL.subarray(0, TRAIL.length - 10));
  assert.equal(broken?.why, 'torn');
  assert.equal((await verifyBytes(TRAIL.subarray(0, TRAIL.length - 1))).broken?.why, 'torn');
});

test('what a crash left cannot be used to hide lines', async () => {
  const lines = toText(TRAIL);
  const torn = lines.findIndex((line) => line.endsWith('"ti'));
  for (const changed of [
    lines.toSpliced(torn, 1),
    lines.with(torn, `${lines[torn]}m`),
    lines.toSpliced(torn, 0, lines[torn] as string),
    lines.toSpliced(3, 0, lines[torn] as string),
  ]) {
    assert((await verifyBytes(toBytes(changed))).broken !== undefined);
  }
});

test('chains of several processes in one file are proven each by itself', async (t) => {
  const chains = await Promise.all(
    ['1', '2', '3'].map(async (process) => {
      const folder = makeAuditFolder(t);
      const trail = folder.open({}, { process });
      for (let at = 0; at < 10; at++) trail.write(ENTRY);
      await trail.close();
      return toText(folder.read());
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat(2)), async (picks) => {
      const left = chains.map((lines) => [...lines]);
      const mixed: string[] = [];
      for (const pick of picks) {
        const line = left[pick]?.shift();
        if (line !== undefined) mixed.push(line);
        if (left.every((lines) => lines.length === 0)) break;
      }
      const report = await verifyBytes(toBytes(mixed));
      assert.deepEqual([report.broken, report.requests, report.chains.length], [undefined, 30, 3]);
      const { broken } = await verifyBytes(toBytes(mixed.toSpliced(15, 1)));
      assert(broken !== undefined || mixed[15]?.includes('"why":"close"'));
    }),
    { numRuns: 30 },
  );
});

test('lines of the log between them are passed over where that is asked for', async () => {
  const lines = toText(TRAIL).filter((line) => !line.endsWith('"ti'));
  const firstLife = lines.slice(0, 10);
  const mixed = firstLife.flatMap((line) => [line, '{"level":30,"msg":"request refused"}', '', 'x'.repeat(5000)]);
  const chunks = toChunks(toBytes(mixed), 77);
  const report = await verifyAudit([{ name: 'x', chunks }], { provers: undefined, mixed: true });
  assert.deepEqual([report.broken, report.lines, report.foreign], [undefined, 10, 30]);
});

test('what is no audit trail at all is told soon, however large', async () => {
  let given = 0;
  async function* giveMuch(): AsyncGenerator<Buffer> {
    for (; given < 50; given++) yield Buffer.alloc(1024 * 1024, 0x78);
  }
  const report = await verifyAudit([{ name: 'x', chunks: giveMuch() }], { provers: undefined, mixed: false });
  assert.equal(report.broken?.why, 'torn');
  const lines = Buffer.from('x\n'.repeat(3_000_000));
  assert.deepEqual((await verifyBytes(lines)).broken, { file: 'audit.jsonl', line: 1, why: 'changed' });
});
