// Says what a list would show to the caller of a rehearsed request.
import type { AccessView } from '../policy/access-view.ts';
import type { Kind } from '../policy/decide.ts';

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['tools/list', 'tool'],
  ['prompts/list', 'prompt'],
  ['resources/list', 'resource'],
  ['resources/templates/list', 'template'],
]);

/** @returns those of `names` that the list which `method` asks for would show, and those that it would not */
export function sortNames(method: string, view: AccessView, names: readonly string[]) {
  const kind = KINDS.get(method);
  const isShown = (name: string): boolean => kind !== undefined && view.shows(kind, name);
  return { shown: names.filter(isShown), hidden: names.filter((name) => !isShown(name)) };
}
