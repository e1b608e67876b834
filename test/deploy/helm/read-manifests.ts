// Reads rendered manifests as the objects of Kubernetes that they are.
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { ConfigMap, Container, Service, ServiceAccount } from 'kubernetes-types/core/v1.js';
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { parseAllDocuments } from 'yaml';
import type { ServiceMonitor } from './service-monitor.ts';

interface Kinds {
  readonly ConfigMap: ConfigMap;
  readonly Deployment: Deployment;
  readonly HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  readonly Ingress: Ingress;
  readonly NetworkPolicy: NetworkPolicy;
  readonly PodDisruptionBudget: PodDisruptionBudget;
  readonly Service: Service;
  readonly ServiceAccount: ServiceAccount;
  readonly ServiceMonitor: ServiceMonitor;
}
type Kind = keyof Kinds;

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

export class Manifests {
  readonly all: readonly Manifest[];

  /** @throws when a document is no YAML */
  constructor(text: string) {
    this.all = parseAllDocuments(text, { version: '1.1' }).map((document) => {
      if (document.errors.length > 0) throw new Error('no YAML', { cause: document.errors });
      return document.toJS() as Manifest;
    });
  }

  find<K extends Kind>(kind: K, name?: string): Kinds[K] | undefined {
    const found = this.all.find((each) => each.kind === kind && (name === undefined || each.metadata.name === name));
    return found as Kinds[K] | undefined;
  }

  get<K extends Kind>(kind: K, name?: string): Kinds[K] {
    const found = this.find(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${name ?? ''}`);
    return found;
  }

  getContainer(): Container {
    const [container] = this.get('Deployment').spec?.template.spec?.containers ?? [];
    if (container === undefined) throw new Error('no container');
    return container;
  }

  /** The environment of the container, as far as it does not come from secrets. */
  getPlainEnv(): Record<string, string> {
    const { env = [] } = this.getContainer();
    return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
  }
}
