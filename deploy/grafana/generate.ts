// Writes the dashboards that Grafana reads from their short form: `node deploy/grafana/generate.ts`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { callers } from './source/callers.ts';
import { overview } from './source/overview.ts';
import type { Dashboard } from './source/panel.ts';
import { quotas } from './source/quotas.ts';
import { security } from './source/security.ts';
import { toGrafana } from './source/to-grafana.ts';
import { toJson } from './source/to-json.ts';
import { tools } from './source/tools.ts';
import { upstreams } from './source/upstreams.ts';

export const DASHBOARDS: readonly Dashboard[] = [overview, tools, callers, upstreams, quotas, security];

const DIRECTORY = path.join(import.meta.dirname, 'dashboards');

/** Contents by file name, as they are committed. */
export function makeDashboardFiles(): ReadonlyMap<string, string> {
  return new Map(DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, `${toJson(toGrafana(dashboard))}\n`]));
}

if (import.meta.main) {
  for (const [name, contents] of makeDashboardFiles()) writeFileSync(path.join(DIRECTORY, name), contents);
}
