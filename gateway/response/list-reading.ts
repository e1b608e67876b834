// Reads one page of a list, and finds what of it must not reach the caller.
import { isAppsResource } from '../mcp/apps.ts';
import type { Edit } from '../mcp/edits.ts';
import { type FieldScan, makeFieldScan } from '../mcp/field-scan.ts';
import { eachMember, readString, type Span, skipValue, walkItems } from '../mcp/json-walk.ts';
import type { ListKind, ListView } from './list-editor.ts';
import { mentionsAny } from './mentions-any.ts';
import { toPrivateScope } from './private-scope.ts';
import { removeUi } from './tool-ui.ts';
import { walkFields, walkResult } from './walk-result.ts';

interface Item extends Span {
  /** Undefined when it has none that every reader would read. */
  readonly name: string | undefined;
  /** It is there for apps alone. */
  readonly isForApps: boolean;
}

interface Stray extends Span {
  readonly nameStart: number;
}

interface ListShape {
  readonly result: FieldScan;
  /** The member of an item that rules name it by. */
  readonly key: string;
  readonly item: FieldScan;
}

const SHAPES: Readonly<Record<ListKind, ListShape>> = {
  tools: makeShape('tools', 'name'),
  prompts: makeShape('prompts', 'name'),
  resources: makeShape('resources', 'uri'),
  resourceTemplates: makeShape('resourceTemplates', 'uriTemplate'),
};

function makeShape(list: ListKind, key: string): ListShape {
  const result = makeFieldScan([list, 'resultType', '_meta', 'nextCursor', 'ttlMs', 'cacheScope']);
  return { result, key, item: makeFieldScan([key, '_meta']) };
}

const PROTOCOL_PREFIX = 'io.modelcontextprotocol/';
/** No page of a list is longer; each item costs memory while it is judged. */
const MAX_ITEMS = 100_000;

export class ListReading {
  private readonly view: ListView;
  private readonly shape: ListShape;
  private readonly text: Buffer;
  private readonly edits: Edit[] = [];
  private readonly items: Item[] = [];
  private readonly unusable = new Set<string>();
  private hasList = false;
  private scope: Span | undefined;
  private meta = -1;
  /** Members of the result that the protocol does not know. */
  private readonly strays: Stray[] = [];

  constructor(view: ListView, message: Buffer) {
    this.view = view;
    this.shape = SHAPES[view.list];
    this.text = message;
  }

  /** @returns undefined when the answer may not stand */
  findEdits(): readonly Edit[] | undefined {
    const { edits, text, view } = this;
    const open = walkResult(text, this.shape.result, (field, nameStart, start) => this.read(field, nameStart, start));
    // Without its list an answer shows nothing, unless it is somewhere where no reader of this protocol looks.
    const isElsewhere = !this.hasList && this.strays.length > 0 && view.mayLackList !== true;
    if (open < 0 || isElsewhere) return undefined;
    this.dropStrays(this.dropItems());
    const scope = view.dependsOnCaller ? toPrivateScope(text, open, this.scope) : undefined;
    if (scope !== undefined) edits.push(scope);
    return edits;
  }

  private read(field: string | undefined, nameStart: number, start: number): number {
    const { text, view } = this;
    if (field === view.list) {
      if (text[start] !== 0x5b) return -1;
      this.hasList = true;
      return walkItems(text, start, (item) => this.readItem(item));
    }
    const end = skipValue(text, start);
    if (field === 'cacheScope') this.scope = { start, end };
    else if (field === '_meta') this.meta = start;
    else if (field === undefined) this.strays.push({ nameStart, start, end });
    return end;
  }

  private readItem(start: number): number {
    const { text, view } = this;
    if (this.items.length === MAX_ITEMS) return -1;
    let name: string | undefined;
    let isForApps = false;
    let end = -1;
    if (text[start] === 0x7b) {
      end = walkFields(text, start, this.shape.item, (field, _nameStart, at) => {
        const behind = skipValue(text, at);
        if (field === this.shape.key && text[at] === 0x22) name = readString(text, at, behind);
        else if (field === '_meta' && view.list === 'tools' && !view.keepsUi)
          isForApps = !removeUi(text, at, this.edits);
        return behind;
      });
    }
    if (end < 0) {
      name = undefined;
      end = skipValue(text, start);
    }
    if (name !== undefined && view.list === 'tools' && view.inspectTool?.(name, text.subarray(start, end)) === false)
      this.unusable.add(name);
    this.items.push({ name, isForApps, start, end });
    return end;
  }

  /** @returns the names that were taken out */
  private dropItems(): ReadonlySet<string> {
    const hidden = new Set<string>();
    for (const { name, isForApps, start, end } of this.items) {
      if (name !== undefined && !isForApps && this.isShown(name)) continue;
      this.edits.push({ start, end, text: undefined });
      if (name !== undefined) hidden.add(name);
    }
    return hidden;
  }

  private isShown(name: string): boolean {
    const { list, keepsUi, shows } = this.view;
    if (this.unusable.has(name)) return false;
    const isResource = list === 'resources' || list === 'resourceTemplates';
    return !(isResource && !keepsUi && isAppsResource(name)) && shows(name);
  }

  /** What the protocol does not define may speak of anything: it goes where it names what was taken out. */
  private dropStrays(hidden: ReadonlySet<string>): void {
    const { edits, meta, strays, text } = this;
    if (hidden.size === 0) return;
    if (meta >= 0 && text[meta] === 0x7b) {
      eachMember(text, meta, (member) => {
        if (!member.name.startsWith(PROTOCOL_PREFIX)) strays.push(member);
        return true;
      });
    }
    for (const { nameStart, end } of strays) {
      if (mentionsAny(text, nameStart, end, hidden)) edits.push({ start: nameStart, end, text: undefined });
    }
  }
}
