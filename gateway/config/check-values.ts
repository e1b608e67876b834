// Checks the values of a configuration and reads the files it names: as much as can be checked, whatever else is wrong.
import { checkCallers } from './check-callers.ts';
import { checkForward } from './check-forward.ts';
import { makeIssuerCheck } from './check-issuers.ts';
import { checkReach } from './check-reach.ts';
import { checkListeners, checkReferences } from './check-references.ts';
import { checkLimits, checkSharedState } from './check-shared-state.ts';
import type { Contents } from './compile-config.ts';
import { type ConfigError, toConfigErrors } from './config-error.ts';
import type { FileSet } from './file-set.ts';
import { findSections, type Sections } from './find-sections.ts';
import { findLocated } from './located.ts';
import { makeProblem, type Problem } from './problem.ts';
import { readAccess } from './read-access.ts';
import { readNamed } from './read-named.ts';
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
  const sections = findSections(root, fitted.data);
  const issuers = makeIssuerCheck(root);
  const { problems, contents } = readNamed(sections, files);
  const access = readAccess({ source: yaml.source, files, env, issuers });
  const all = [
    ...yaml.problems,
    ...toProblems(fitted.error?.issues ?? [], (path) => findLocated(root, path).complete),
    ...checkReferences(root),
    ...issuers.checkGateway(root),
    ...checkListeners(sections),
    ...checkCallers(root, sections.identity),
    ...checkLimits(sections.limits),
    ...checkSharedState(root, sections.workers),
    ...checkReach(root),
    ...(hasParts(sections) ? checkForward(sections) : []),
    ...problems,
    ...access.problems,
    ...checkAuditFile(contents.audit, files),
  ];
  return {
    errors: [...toConfigErrors(all, yaml.source), ...access.errors],
    checked: fitted.data,
    contents: { ...contents, access: access.access },
    variables: access.variables,
  };
}

type Parts = Parameters<typeof checkForward>[0];

function hasParts(sections: Sections): sections is Sections & Parts {
  return sections.listen !== undefined && sections.upstreams !== undefined && sections.endpoints !== undefined;
}

/** Lines added to a file of the configuration would be the end of it. */
function checkAuditFile(audit: Contents['audit'], files: FileSet): Problem[] {
  if (audit === undefined || audit.to === 'stdout' || !files.files().includes(audit.to.file)) return [];
  return [makeProblem(['telemetry', 'audit', 'file'], 'is a file of this configuration; expected one of its own')];
}
