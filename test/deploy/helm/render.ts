// Renders the chart with helm into the manifests that are committed; needs helm 3 in the path, or named by HELM.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { CHART, RENDERINGS, type Rendering, ROOT, toFile } from './renderings.ts';

const helm = process.env.HELM ?? 'helm';
const run = (args: readonly string[]): string => execFileSync(helm, args, { cwd: ROOT, encoding: 'utf8' });

for (const rendering of Object.values<Rendering>(RENDERINGS)) {
  const values = rendering.values === undefined ? [] : ['--values', rendering.values];
  run(['lint', CHART, '--strict', ...values]);
  const about = ['--namespace', 'tollgate', '--kube-version', '1.33.0'];
  const manifests = run(['template', 'tollgate', CHART, ...about, ...values]).replace(/^---\n/, '');
  mkdirSync(dirname(rendering.manifests), { recursive: true });
  writeFileSync(rendering.manifests, toFile(rendering, manifests));
  process.stdout.write(`${relative(ROOT, rendering.manifests)}\n`);
}
