// Makes the checked form of `to`: every list there, every entry once.
import type { z } from 'zod';
import type { Grant } from './grant-config.ts';
import type { GRANT } from './shape/grant.ts';

export function compileGrant(raw: z.output<typeof GRANT>): Grant {
  return {
    everyone: raw.everyone === true,
    scopes: once(raw.scopes),
    groups: once(raw.groups),
    subjects: once(raw.subjects),
    clients: once(raw.clients),
    issuers: once(raw.issuers),
    claims: new Map([...(raw.claims ?? [])].map(([claim, values]) => [claim, once(values)])),
  };
}

const once = (entries: readonly string[] = []): readonly string[] => [...new Set(entries)];
