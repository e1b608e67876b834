// Reads the Prometheus text format strictly enough to notice a line that no scraper would take.
export type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface MetricReader {
  readonly samples: readonly Sample[];
  /** Sum of the samples of this name that carry these labels; 0 when there are none. */
  readonly get: (name: string, labels?: Labels) => number;
}

const COMMENT =
  /^# (?:HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*|TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (?:counter|gauge|histogram|summary))$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:[0-9.e+-]+|Inf)|\+Inf|NaN)(?: [0-9]+)?$/i;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

/** Throws on a line that is neither a comment nor a sample. */
export function readMetrics(text: string): MetricReader {
  const lines = text.split('\n').filter((line) => line !== '');
  const samples = lines.filter((line) => !isComment(line)).map(toSample);
  return {
    samples,
    get: (name, labels = {}) =>
      samples
        .filter((sample) => sample.name === name && has(sample.labels, labels))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

function isComment(line: string): boolean {
  if (!line.startsWith('#')) return false;
  if (!COMMENT.test(line)) throw new Error(`not a comment of the text format: ${line}`);
  return true;
}

function toSample(line: string): Sample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  return { name, labels: toLabels(labels), value: Number(value?.replace('Inf', 'Infinity')) };
}

function toLabels(text: string): Labels {
  const found: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not labels: ${text}`);
    found.push([name, value]);
  }
  return Object.fromEntries(found);
}

function has(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
