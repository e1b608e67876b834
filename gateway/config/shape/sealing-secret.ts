// The shape of the secret of a sealing key: 32 bytes in base64, in the file (or the environment), or in a file of their own.
import { z } from 'zod';
import { scalar } from './scalar.ts';
import { section } from './section.ts';
import { fileName } from './tls.ts';

export const SEALING_SECRET_WORDS = '32 bytes in base64 (44 characters), as `tollgate keys new` prints them';

/** The text, when it is the one way to write 32 bytes; Node's own reader would repair almost anything. */
export function findSealingSecret(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === text ? text : undefined;
}

export function sealingSecret(description: string) {
  const inline = scalar({
    description,
    read: (raw) => {
      const value = typeof raw === 'string' ? findSealingSecret(raw) : undefined;
      return value === undefined ? { expected: SEALING_SECRET_WORDS } : { value };
    },
    schema: { type: 'string' },
  });
  const file = fileName('File that holds it; spaces and line ends around it do not count.');
  const words = { secret: true, expected: `${SEALING_SECRET_WORDS}, or a mapping with \`file\`` };
  return z.union([inline, section(description, { file }, words)]).meta({ description });
}
