// The shape of `gateway.yaml`: one line per section; a new key belongs into the file of its section.
import type { z } from 'zod';
import { ADMIN } from './admin.ts';
import { ENDPOINTS } from './endpoints.ts';
import { EXTENSIONS } from './extensions.ts';
import { IDENTITY } from './identity.ts';
import { DRAIN, LIMITS, WORKERS } from './limits.ts';
import { LISTEN } from './listen.ts';
import { META } from './meta.ts';
import { ALLOWED_HOSTS, ALLOWED_ORIGINS, PUBLIC_URL } from './public-origin.ts';
import { QUOTAS } from './quotas.ts';
import { SEALING } from './sealing.ts';
import { section } from './section.ts';
import { TELEMETRY } from './telemetry.ts';
import { UPSTREAMS } from './upstreams.ts';

export const GATEWAY = section('Configuration of the Tollgate gateway.', {
  listen: LISTEN,
  admin: ADMIN,
  publicUrl: PUBLIC_URL,
  allowedHosts: ALLOWED_HOSTS,
  allowedOrigins: ALLOWED_ORIGINS,
  limits: LIMITS,
  workers: WORKERS,
  drain: DRAIN,
  identity: IDENTITY,
  upstreams: UPSTREAMS,
  endpoints: ENDPOINTS,
  extensions: EXTENSIONS.optional(),
  meta: META.optional(),
  quotas: QUOTAS.optional(),
  sealing: SEALING,
  telemetry: TELEMETRY,
});

/** A file that fits the shape: units read, defaults filled in, references not yet looked at. */
export type Checked = z.output<typeof GATEWAY>;
