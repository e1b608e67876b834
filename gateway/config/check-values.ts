// Checks the values of a configuration and reads the files it names: as much as can be checked, whatever else is wrong.
import { checkCallers } from './check-callers.ts';
import { checkForward } from './check-forward.ts';
import { makeIssuerCheck } from './check-issuers.ts';
import { checkListeners, checkReferences } from './check-references.ts';
import type { Contents } from './compile-config.ts';
import type { UpstreamContents } from './compile-upstream.ts';
import { type ConfigError, toConfigErrors } from './config-error.ts';
import type { FileSet } from './file-set.ts';
import { findLocated, type Located } from './located.ts';
import type { Problem } from './problem.ts';
import { readAccess } from './read-access.ts';
import { readCredential } from './read-credential.ts';
import { readTls } from './read-tls.ts';
import type { LocatedYaml } from './read-yaml.ts';
import { type Checked, GATEWAY } from './shape/gateway.ts';
import { toProblems } from './to-problems.ts';

export interface CheckedValues {
  readonly errors: readonly ConfigError[];
  /** There when the shape fits. */
  readonly checked: Checked | undefined;
  readonly contents: Contents;
  /** Environment variables that were looked up in access files. */
  readonly variables: ReadonlySet<string>;
}

/** Errors of `gateway.yaml` come first, then those of each access file. */
export function checkValues(yaml: LocatedYaml, files: FileSet, env: NodeJS.ProcessEnv): CheckedValues {
  const { root } = yaml.source;
  const fitted = GATEWAY.safeParse(root.value);
  const sections: Sections = fitted.data ?? findSections(root);
  const issuers = makeIssuerCheck(root);
  const { problems, listen, upstreams } = readNamed(sections, files);
  const access = readAccess({ source: yaml.source, files, env, issuers });
  const all = [
    ...yaml.problems,
    ...toProblems(fitted.error?.issues ?? [], (path) => findLocated(root, path).complete),
    ...checkReferences(root),
    ...issuers.checkGateway(root),
    ...checkListeners(sections),
    ...checkCallers(root, sections.identity),
    ...(hasParts(sections) ? checkForward(sections) : []),
    ...problems,
    ...access.problems,
  ];
  return {
    errors: [...toConfigErrors(all, yaml.source), ...access.errors],
    checked: fitted.data,
    contents: { listen, upstreams, access: access.access },
    variables: access.variables,
  };
}

/** Reads certificates, keys and secrets. */
function readNamed({ listen, upstreams }: Sections, files: FileSet) {
  const problems: Problem[] = [];
  const take = <C>(read: { contents: C; problems: readonly Problem[] } | undefined): C | undefined => {
    problems.push(...(read?.problems ?? []));
    return read?.contents;
  };
  const contents = new Map<string, UpstreamContents>();
  const listenTls = take(listen?.tls && readTls(listen.tls, ['listen', 'tls'], files));
  for (const [name, { tls, credential }] of upstreams ?? []) {
    const path = ['upstreams', name];
    contents.set(name, {
      tls: take(tls && readTls(tls, [...path, 'tls'], files)),
      credential: take(credential && readCredential(credential, [...path, 'credential'], files)),
    });
  }
  return { problems, listen: listenTls, upstreams: contents };
}

type Parts = Pick<Checked, 'listen' | 'admin' | 'identity' | 'upstreams' | 'endpoints'>;
type Sections = { readonly [K in keyof Parts]?: Parts[K] | undefined } & { readonly publicUrl?: string | undefined };

/** Those sections that fit on their own, when the whole does not. */
function findSections(root: Located): Sections {
  const { listen, admin, identity, publicUrl, upstreams, endpoints } = GATEWAY.shape;
  const raw = (name: string): unknown => root.children.get(name)?.value;
  const origin = publicUrl.safeParse(raw('publicUrl'));
  return {
    listen: listen.safeParse(raw('listen')).data,
    admin: admin.safeParse(raw('admin')).data,
    identity: identity.safeParse(raw('identity')).data,
    upstreams: upstreams.safeParse(raw('upstreams')).data,
    // Resources build on the origin: with a bad one, none can be compared.
    endpoints: origin.success ? endpoints.safeParse(raw('endpoints')).data : undefined,
    publicUrl: origin.data,
  };
}

function hasParts(sections: Sections): sections is Sections & Parts & Pick<Checked, 'publicUrl'> {
  return sections.listen !== undefined && sections.upstreams !== undefined && sections.endpoints !== undefined;
}
