// A changed file is put in force, a bad one is named and the old one kept, one change at a time.
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { loadConfig } from '../../../gateway/config/load-config.ts';
import { Log } from '../../../gateway/observe/log.ts';
import { followConfig } from '../../../gateway/process/follow-config.ts';
import { toConfig } from '../../through/support/child-gateway.ts';
import { until } from '../../through/support/until.ts';

interface Followed {
  readonly outcomes: string[];
  readonly applied: GatewayConfig[];
  /** Writes the file and asks for a look at it. */
  readonly change: (changes: object | string) => Promise<void>;
}

async function follow(t: TestContext, apply: (next: GatewayConfig) => void = () => {}): Promise<Followed> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-follow-'));
  const file = join(folder, 'gateway.yaml');
  const base = toConfig(['http://127.0.0.1:1/mcp']);
  await writeFile(file, stringify(base));
  const loaded = loadConfig(file, {});
  assert.ok(loaded.ok);
  const outcomes: string[] = [];
  const applied: GatewayConfig[] = [];
  const watch = followConfig(
    { configFile: file, env: {}, loaded },
    {
      log: new Log({ level: 'fatal', format: 'json' }),
      apply(next) {
        apply(next);
        applied.push(next);
      },
      onOutcome: (outcome) => void outcomes.push(outcome),
    },
  );
  t.after(async () => {
    watch.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    outcomes,
    applied,
    change: async (changes) => {
      const count = outcomes.length;
      await writeFile(`${file}.next`, typeof changes === 'string' ? changes : stringify({ ...base, ...changes }));
      await rename(`${file}.next`, file);
      watch.reload();
      await until('the change is taken or rejected', () => outcomes.length > count);
    },
  };
}

test('a good change is put in force', async (t) => {
  const { outcomes, applied, change } = await follow(t);
  await change({ limits: { inFlight: 7 } });
  assert.deepEqual(outcomes, ['applied']);
  assert.equal(applied[0]?.limits.inFlight, 7);
});

test('a file with faults, and one that needs a restart, change nothing', async (t) => {
  const { outcomes, applied, change } = await follow(t);
  await change('not: [a configuration');
  await change({ workers: 2, sealing: { keys: [{ id: 'k', secret: Buffer.alloc(32).toString('base64') }] } });
  assert.deepEqual(outcomes, ['rejected', 'rejected']);
  assert.equal(applied.length, 0);
});

test('one that could not be put in force is rejected, and the next one is judged as before', async (t) => {
  let fails = true;
  const { outcomes, change } = await follow(t, () => {
    if (fails) throw new Error('no keys');
  });
  await change({ limits: { inFlight: 7 } });
  fails = false;
  await change({ limits: { inFlight: 8 } });
  assert.deepEqual(outcomes, ['rejected', 'applied']);
});
