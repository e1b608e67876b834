// `npm run bench:seals`: what sealing and opening cost, against jose doing the same, and how long each refusal takes.
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { digestJson } from '../gateway/sealing/arguments-digest.ts';
import { makeEphemeralKey } from '../gateway/sealing/sealing-key.ts';
import { makeSeals } from '../gateway/sealing/seals.ts';
import { toMachine } from './report.ts';
import { toNumber } from './to-number.ts';

const HELP = `npm run bench:seals -- [options]
  --runs N         runs of each piece of work; the table shows medians of ten batches (default 20000)
  --json FILE      where the figures go (default bench/results/seals.json)
  --assert-us U    exit 1 when sealing or opening 200 bytes takes more than U microseconds
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    json: { type: 'string', default: fileURLToPath(new URL('results/seals.json', import.meta.url)) },
    'assert-us': { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
});

const BATCHES = 10;
const LIFE_MS = 900_000;

interface Row {
  readonly name: string;
  readonly us: number;
}

/** CPU of all threads, as jose works in others too, and so that a busy machine counts for little. */
async function measure(name: string, runs: number, work: () => unknown): Promise<Row> {
  const batches: number[] = [];
  // The first batches let everything be compiled.
  for (let batch = -3; batch < BATCHES; batch++) {
    const before = process.cpuUsage();
    for (let run = 0; run < runs / BATCHES; run++) {
      const done = work();
      if (done instanceof Promise) await done;
    }
    const { user, system } = process.cpuUsage(before);
    if (batch >= 0) batches.push((user + system) / (runs / BATCHES));
  }
  return { name, us: batches.toSorted((a, b) => a - b)[BATCHES >> 1] as number };
}

async function runBench(runs: number): Promise<readonly Row[]> {
  let nowMs = Date.now();
  const key = makeEphemeralKey(randomBytes);
  const seals = makeSeals([key], { nowMs: () => nowMs, randomBytes });
  const scope = {
    purpose: 'state',
    binding: JSON.stringify([
      'token',
      'https://login.example.com',
      'alice',
      'cli',
      '/weather/mcp',
      'tools/call',
      'get',
    ]),
  } as const;
  const purposeKey = Buffer.from(hkdfSync('sha256', Buffer.from(key.secret, 'base64'), '', 'tollgate/state/1', 32));
  const contentKey = createHmac('sha256', purposeKey).update(`${scope.binding}\u0001`).digest();
  const header = { alg: 'dir', enc: 'A256GCM', kid: key.id };
  const rows: Row[] = [];
  for (const bytes of [200, 2000, 20_000]) {
    const payload = Buffer.alloc(bytes, 'x');
    const sealed = seals.seal(payload, { ...scope, lifeMs: LIFE_MS }) as string;
    rows.push(
      await measure(`seal ${bytes} bytes`, runs, () => seals.seal(payload, { ...scope, lifeMs: LIFE_MS })),
      await measure(`open ${bytes} bytes`, runs, () => seals.open(sealed, scope)),
      await measure(`jose: seal ${bytes} bytes`, runs / 4, () =>
        new CompactEncrypt(payload).setProtectedHeader(header).encrypt(contentKey),
      ),
      await measure(`jose: open ${bytes} bytes`, runs / 4, () => compactDecrypt(sealed, contentKey)),
    );
  }
  const sealed = seals.seal(Buffer.alloc(200, 'x'), { ...scope, lifeMs: LIFE_MS }) as string;
  const foreign = seals.seal(Buffer.alloc(200, 'x'), { ...scope, binding: 'foreign', lifeMs: LIFE_MS }) as string;
  const tampered = `${sealed.slice(0, -30)}${sealed.at(-30) === 'A' ? 'B' : 'A'}${sealed.slice(-29)}`;
  rows.push(
    await measure('refuse a foreign seal', runs, () => seals.open(foreign, scope)),
    await measure('refuse a tampered seal', runs, () => seals.open(tampered, scope)),
    await measure('refuse other text', runs, () => seals.open('not a seal', scope)),
  );
  nowMs += LIFE_MS;
  rows.push(await measure('refuse an expired seal', runs, () => seals.open(sealed, scope)));
  const args = Buffer.from('{"city":"Oslo","days":3,"units":"metric","where":{"lat":59.91,"lon":10.75}}');
  rows.push(await measure(`digest arguments of ${args.length} bytes`, runs, () => digestJson(args, 0)));
  return rows;
}

if (values.help) {
  console.log(HELP);
} else {
  const rows = await runBench(toNumber('--runs', values.runs));
  const machine = toMachine();
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), node: process.version, machine, rows }, undefined, 2)}\n`,
  );
  console.log(`Node ${process.version}, ${machine}\n`);
  for (const { name, us } of rows) console.log(`${name.padEnd(32)} ${us.toFixed(2).padStart(8)} us`);
  const most = Number(values['assert-us']);
  process.exitCode = rows.every(({ name, us }) => !/^(?:seal|open) 200 /.test(name) || us <= most) ? 0 : 1;
}
