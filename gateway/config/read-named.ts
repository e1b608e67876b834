// Reads certificates, keys and secrets that sections name.
import type { Contents } from './compile-config.ts';
import type { UpstreamContents } from './compile-upstream.ts';
import type { FileSet } from './file-set.ts';
import type { Sections } from './find-sections.ts';
import type { Problem } from './problem.ts';
import { readCredential } from './read-credential.ts';
import { readSealingKeys } from './read-sealing-keys.ts';
import { readStore } from './read-store.ts';
import { readAudit, readTraces } from './read-telemetry.ts';
import { makeReader } from './reader.ts';

interface NamedRead {
  readonly problems: readonly Problem[];
  readonly contents: Omit<Contents, 'access'>;
}

export function readNamed(sections: Sections, files: FileSet): NamedRead {
  const { listen, upstreams, store, keys = [], audit, traces } = sections;
  const reader = makeReader(files);
  const listenTls = listen?.tls && reader.tls(listen.tls, ['listen', 'tls']);
  const byName = new Map<string, UpstreamContents>();
  for (const [name, { tls, credential }] of upstreams ?? []) {
    const path = ['upstreams', name];
    const read = credential && readCredential(credential, [...path, 'credential'], files);
    reader.problems.push(...(read?.problems ?? []));
    byName.set(name, { tls: tls && reader.tls(tls, [...path, 'tls']), credential: read?.contents });
  }
  const contents = {
    listen: listenTls,
    upstreams: byName,
    store: store && readStore(store, ['quotas', 'store'], reader),
    keys: readSealingKeys(keys, ['sealing', 'keys'], reader),
    audit: audit && readAudit(audit, ['telemetry', 'audit'], reader, files),
    traces: traces && readTraces(traces, ['telemetry', 'traces'], reader),
  };
  return { problems: reader.problems, contents };
}
