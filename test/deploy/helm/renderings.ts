// Which manifests are rendered from the chart, and what each says of the chart it was rendered from.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
export const CHART = join(ROOT, 'deploy/helm/tollgate');

export interface Rendering {
  /** File with values; undefined: the defaults. */
  readonly values: string | undefined;
  readonly manifests: string;
  readonly about: string;
}

const toValues = (name: string): string => join(import.meta.dirname, `values/${name}.yaml`);
const toManifests = (name: string): string => join(import.meta.dirname, `rendered/${name}.yaml`);

/** The first is for users, the others are for the tests: between them every branch of the chart is taken. */
export const RENDERINGS = {
  defaults: {
    values: undefined,
    manifests: join(ROOT, 'deploy/kubernetes/tollgate.yaml'),
    about: 'What the chart gives with its default values, for those without helm. See docs/kubernetes.md.',
  },
  everything: {
    values: toValues('everything'),
    manifests: toManifests('everything'),
    about: 'What the chart gives when every value differs from its default.',
  },
  bringYourOwn: {
    values: toValues('bring-your-own'),
    manifests: toManifests('bring-your-own'),
    about: 'What the chart gives when it may make as little as possible.',
  },
} as const satisfies Readonly<Record<string, Rendering>>;

const DIGEST_LINE =
  /^# Rendered by test\/deploy\/helm\/render\.ts; sha256 of chart, values and manifests: ([0-9a-f]{64})$/m;

/** The manifests as they are committed, below lines that say where they come from. */
export function toFile(rendering: Rendering, manifests: string): string {
  const origin = `# Rendered by test/deploy/helm/render.ts; sha256 of chart, values and manifests: ${digest(rendering, manifests)}`;
  return `# ${rendering.about}\n${origin}\n${manifests}`;
}

/** @returns the manifests of a committed file; throws when it is not what the chart of this checkout gave */
export function readRendering(rendering: Rendering): string {
  const text = readFileSync(rendering.manifests, 'utf8');
  const found = DIGEST_LINE.exec(text)?.[1];
  const manifests = text.split('\n').slice(2).join('\n');
  if (found === digest(rendering, manifests)) return manifests;
  throw new Error(`${relative(ROOT, rendering.manifests)} is not from this chart: run test/deploy/helm/render.ts`);
}

function digest({ values }: Rendering, manifests: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(CHART, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const file of values === undefined ? files : [...files, values]) {
    hash.update(`${relative(ROOT, file)}\0${readFileSync(file, 'utf8').replaceAll('\r\n', '\n')}\0`);
  }
  return hash.update(manifests).digest('hex');
}
