// Finds the sections that fit, also when the whole file does not, so that all that is wrong with them can be told at once.
import { findLocated, type Located } from './located.ts';
import type { Path } from './problem.ts';
import { AUDIT } from './shape/audit.ts';
import { type Checked, GATEWAY } from './shape/gateway.ts';
import { STORE } from './shape/quota-store.ts';
import { KEYS } from './shape/sealing.ts';
import { TRACES } from './shape/traces.ts';

type Fitting = Pick<Checked, 'listen' | 'admin' | 'identity' | 'limits' | 'workers' | 'upstreams' | 'endpoints'> & {
  readonly publicUrl: Checked['publicUrl'];
  /** Undefined where the file has none, too. */
  readonly store: NonNullable<Checked['quotas']>['store'];
  readonly keys: Checked['sealing']['keys'];
  readonly audit: Checked['telemetry']['audit'];
  readonly traces: Checked['telemetry']['traces'];
};

export type Sections = { readonly [K in keyof Fitting]?: Fitting[K] | undefined };

/** `whole` is the file, when all of it fits. */
export function findSections(root: Located, whole: Checked | undefined): Sections {
  if (whole !== undefined) {
    const { quotas, sealing, telemetry } = whole;
    return { ...whole, store: quotas?.store, keys: sealing.keys, audit: telemetry.audit, traces: telemetry.traces };
  }
  const { shape } = GATEWAY;
  const raw = (...path: Path): unknown => {
    const { node, complete } = findLocated(root, path);
    return complete ? node.value : undefined;
  };
  const origin = shape.publicUrl.safeParse(raw('publicUrl'));
  return {
    listen: shape.listen.safeParse(raw('listen')).data,
    admin: shape.admin.safeParse(raw('admin')).data,
    identity: shape.identity.safeParse(raw('identity')).data,
    limits: shape.limits.safeParse(raw('limits')).data,
    workers: shape.workers.safeParse(raw('workers')).data,
    upstreams: shape.upstreams.safeParse(raw('upstreams')).data,
    // Resources build on the origin: with a bad one, none can be compared.
    endpoints: origin.success ? shape.endpoints.safeParse(raw('endpoints')).data : undefined,
    publicUrl: origin.data,
    store: STORE.safeParse(raw('quotas', 'store')).data,
    keys: KEYS.safeParse(raw('sealing', 'keys')).data,
    audit: AUDIT.safeParse(raw('telemetry', 'audit')).data,
    traces: TRACES.safeParse(raw('telemetry', 'traces')).data,
  };
}
