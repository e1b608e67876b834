// The methods of revision 2026-07-28: which exist, what their params must look like, which header repeats which field.

/** JSON kinds a field of `params` may have. */
export type FieldKind = 'string' | 'object' | 'array' | 'string-or-integer';

export interface Method {
  readonly name: string;
  /** The field of `params` that `Mcp-Name` repeats; it is required. */
  readonly mirrors?: 'name' | 'uri' | 'taskId';
  /** Fields of `params` this method knows besides `_meta`; `required` ones must be there. */
  readonly fields: Readonly<Record<string, FieldKind>>;
  readonly required: readonly string[];
  /** It changes nothing, so it may be sent to a second instance when the first one fails. */
  readonly read: boolean;
  /** Its answer is a stream that stays open until one side ends it. */
  readonly listens: boolean;
  /** The extension that defines it; core methods have none. */
  readonly extension?: string;
}

/** The one revision served. Legacy revisions would be adapters at both ends of the pipeline. */
export const SUPPORTED_VERSIONS: readonly string[] = ['2026-07-28'];

/** SEP-2663. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

interface Traits {
  readonly mirrors?: 'name' | 'uri' | 'taskId';
  readonly fields?: Readonly<Record<string, FieldKind>>;
  readonly required?: readonly string[];
  readonly listens?: true;
  readonly extension?: string;
}

function makeMethod(name: string, read: boolean, traits: Traits): Method {
  return { name, read, listens: false, fields: {}, required: [], ...traits };
}

const LIST = { fields: { cursor: 'string' } } as const;
/** A second round of a multi round-trip request repeats the first one with these (SEP-2322). */
const ROUND = { inputResponses: 'object', requestState: 'string' } as const;
const TASK = { mirrors: 'taskId', required: ['taskId'], extension: TASKS_EXTENSION } as const;

const ALL: readonly Method[] = [
  makeMethod('server/discover', true, {}),
  makeMethod('tools/list', true, LIST),
  makeMethod('tools/call', false, {
    mirrors: 'name',
    fields: { name: 'string', arguments: 'object', ...ROUND },
    required: ['name'],
  }),
  makeMethod('resources/list', true, LIST),
  makeMethod('resources/templates/list', true, LIST),
  makeMethod('resources/read', true, { mirrors: 'uri', fields: { uri: 'string', ...ROUND }, required: ['uri'] }),
  makeMethod('prompts/list', true, LIST),
  makeMethod('prompts/get', true, {
    mirrors: 'name',
    fields: { name: 'string', arguments: 'object', ...ROUND },
    required: ['name'],
  }),
  makeMethod('completion/complete', true, {
    fields: { ref: 'object', argument: 'object', context: 'object' },
    required: ['ref', 'argument'],
  }),
  makeMethod('subscriptions/listen', false, {
    fields: { notifications: 'object' },
    required: ['notifications'],
    listens: true,
  }),
  makeMethod('tasks/get', true, { ...TASK, fields: { taskId: 'string' } }),
  makeMethod('tasks/update', false, { ...TASK, fields: { taskId: 'string', inputResponses: 'object' } }),
  makeMethod('tasks/cancel', false, { ...TASK, fields: { taskId: 'string' } }),
];

/** Every method this gateway can know, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(ALL.map((method) => [method.name, method]));

/** The methods that exist on an endpoint where these extensions are enabled. */
export function toServedMethods(extensions: readonly string[]): ReadonlySet<string> {
  return new Set(ALL.filter((m) => m.extension === undefined || extensions.includes(m.extension)).map((m) => m.name));
}
