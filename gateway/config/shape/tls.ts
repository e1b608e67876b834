// File names of certificates and keys, and the `tls` section of an upstream.
import type { z } from 'zod';
import { ALWAYS, addProblem } from './add-problem.ts';
import { section } from './section.ts';
import { text } from './text.ts';

/** The name of a file, relative to the configuration file. */
export function fileName(description: string): z.ZodType<string> {
  return text({
    description: `${description} Relative to the configuration file.`,
    expected: 'the name of a file',
    find: (name) => (name === '' || /\p{Cc}/u.test(name) ? undefined : name),
  });
}

/** How the gateway speaks TLS as a client. */
export function clientTls(description: string) {
  return section(description, {
    ca: fileName('PEM file: the only authorities trusted there.').optional(),
    cert: fileName('PEM file: the client certificate, followed by its intermediates.').optional(),
    key: fileName('PEM file: the private key of `cert`, not encrypted.').optional(),
  }).superRefine((tls, ctx) => {
    if (typeof tls !== 'object' || tls === null || 'cert' in tls === 'key' in tls) return;
    addProblem(
      ctx,
      [],
      `\`${'cert' in tls ? 'key' : 'cert'}\` is required: a client certificate needs \`cert\` and \`key\``,
    );
  }, ALWAYS);
}
