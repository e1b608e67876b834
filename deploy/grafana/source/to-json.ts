// Writes JSON in the form the repository's formatter leaves alone: lists of plain values stand on one line where they fit.

const LINE = 120;

export function toJson(value: unknown, indent = '', column = 0): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isPlain = value.every((item) => typeof item !== 'object' || item === null);
    if (isPlain && column + line.length < LINE) return line;
    return `[\n${value.map((item) => `${inner}${toJson(item, inner, inner.length)}`).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return '{}';
  const members = entries.map(([name, member]) => {
    const head = `${inner}${JSON.stringify(name)}: `;
    return `${head}${toJson(member, inner, head.length)}`;
  });
  return `{\n${members.join(',\n')}\n${indent}}`;
}
