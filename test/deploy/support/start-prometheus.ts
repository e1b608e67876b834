// Runs Debian's Prometheus on loopback with the configuration and rules that are shipped, only faster, and asks it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { findFreePort } from '../../through/quota/support/start-redis.ts';
import { until } from '../../through/support/until.ts';
import { ROOT, RULE_DIRECTORY } from './rule-files.ts';

export interface SeriesFound {
  readonly metric: Readonly<Record<string, string>>;
  /** Those that are numbers. */
  readonly values: readonly number[];
}

export interface Prometheus {
  /** What a query gives now, or over the last minute. Throws when it is not understood. */
  ask(expr: string, how: 'now' | 'minute'): Promise<readonly SeriesFound[]>;
}

interface PrometheusConfig {
  global: object;
  rule_files: readonly string[];
  readonly scrape_configs: { static_configs: readonly object[] }[];
}

interface RuleFile {
  readonly groups: { interval?: string }[];
}

interface Reply {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

const EVERY = '500ms';
const MINUTE_S = 60;

/** @param targets hosts and ports of admin listeners */
export async function startPrometheus(t: TestContext, targets: readonly string[]): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, stringify(await toFasterConfig(folder, targets)));
  const address = `127.0.0.1:${await findFreePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  const isReady = async (): Promise<boolean> =>
    (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.status === 200;
  await until('prometheus is ready', isReady, 20_000);

  return {
    async ask(expr, how) {
      const now = Date.now() / 1000;
      const query =
        how === 'now' ? { query: expr } : { query: expr, start: String(now - MINUTE_S), end: String(now), step: '1' };
      const answer = await fetch(`http://${address}/api/v1/${how === 'now' ? 'query' : 'query_range'}`, {
        method: 'POST',
        body: new URLSearchParams(query),
      });
      const { status, error, data } = (await answer.json()) as Reply;
      if (status !== 'success' || data === undefined) throw new Error(`${expr}: ${error}`);
      return data.result.map(({ metric, value, values = [] }) => ({
        metric,
        values: [...values, ...(value === undefined ? [] : [value])]
          .map(([, text]) => Number(text))
          .filter((each) => !Number.isNaN(each)),
      }));
    },
  };
}

async function toFasterConfig(folder: string, targets: readonly string[]): Promise<PrometheusConfig> {
  const config = parse(await readFile(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8')) as PrometheusConfig;
  config.global = { scrape_interval: EVERY, evaluation_interval: EVERY };
  for (const scrape of config.scrape_configs) scrape.static_configs = [{ targets }];
  config.rule_files = await Promise.all(
    ['recording.yml', 'alerts.yml'].map(async (name) => {
      const rules = parse(await readFile(join(RULE_DIRECTORY, name), 'utf8')) as RuleFile;
      for (const group of rules.groups) group.interval = EVERY;
      const file = join(folder, name);
      await writeFile(file, stringify(rules));
      return file;
    }),
  );
  return config;
}
