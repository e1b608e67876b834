// Where oidc-provider keeps grants, codes and clients: in memory, so that a provider with other keys can go on with them.

interface Payload {
  readonly uid?: string;
  readonly grantId?: string;
  consumed?: number;
}

/** Makes an adapter of oidc-provider for each of its models; nothing expires before the test does. */
export function makeProviderStore(): (model: string) => object {
  const models = new Map<string, Map<string, Payload>>();
  return (model) => {
    const entries = models.get(model) ?? new Map<string, Payload>();
    models.set(model, entries);
    return {
      upsert: async (id: string, payload: Payload) => void entries.set(id, payload),
      find: async (id: string) => entries.get(id),
      findByUid: async (uid: string) => [...entries.values()].find((payload) => payload.uid === uid),
      destroy: async (id: string) => void entries.delete(id),
      async consume(id: string) {
        const payload = entries.get(id);
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async revokeByGrantId(grantId: string) {
        for (const [id, payload] of entries) if (payload.grantId === grantId) entries.delete(id);
      },
    };
  };
}
