// A server of tools, prompts, resources and templates, some of them secret, that answers in JSON or in events.
import type { ServerResponse } from 'node:http';
import { type Behaviour, type Hit, toEvent } from '../../../support/fake-upstream.ts';

export interface LibraryOptions {
  readonly tools?: readonly string[];
  readonly prompts?: readonly string[];
  readonly resources?: readonly string[];
  readonly templates?: readonly string[];
  /** How it answers. */
  readonly media?: 'json' | 'events';
  /** Stands before each answer in events. */
  readonly before?: string;
  /** HTTP status of errors, in JSON. */
  readonly errorStatus?: number;
  /** Results of other methods, or instead of its own. */
  readonly results?: Readonly<Record<string, object>>;
  /** Items on one page of a list. */
  readonly pageSize?: number;
  /** Joins each list. */
  readonly extra?: object;
}

export const TOOLS = ['read_a', 'secret_tool', 'read_b', 'write_a'];
const PROMPTS = ['open_prompt', 'secret_prompt'];
export const RESOURCES = ['files://open/a', 'files://secret/b', 'files://open/c'];
const TEMPLATES = ['files://open/{id}', 'files://secret/{id}'];

const LISTS: readonly [
  method: string,
  list: 'tools' | 'prompts' | 'resources' | 'templates',
  member: string,
  key: string,
][] = [
  ['tools/list', 'tools', 'tools', 'name'],
  ['prompts/list', 'prompts', 'prompts', 'name'],
  ['resources/list', 'resources', 'resources', 'uri'],
  ['resources/templates/list', 'templates', 'resourceTemplates', 'uriTemplate'],
];

export function makeLibrary(options: LibraryOptions = {}): Behaviour {
  const { media = 'json', errorStatus = 200, results = {}, before = '' } = options;
  const has = {
    tools: options.tools ?? TOOLS,
    prompts: options.prompts ?? PROMPTS,
    resources: options.resources ?? RESOURCES,
    templates: options.templates ?? TEMPLATES,
  };

  function say(response: ServerResponse, hit: Hit, outcome: object, status = 200): void {
    const message = { jsonrpc: '2.0', id: hit.message.id, ...outcome };
    if (media === 'events' && !isOwn(hit)) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (before !== '') response.write(before);
      response.end(toEvent(message));
    } else {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(message));
    }
  }

  return (hit, response) => {
    const { method, params } = hit.message;
    const given = Object.hasOwn(results, method) ? results[method] : undefined;
    const result = given ?? list(method, params) ?? use(method, params);
    if (result === undefined) {
      const error = { code: -32602, message: `Unknown: ${JSON.stringify(params)}`, data: { method } };
      say(response, hit, { error }, errorStatus);
    } else say(response, hit, { result });
  };

  function list(method: string, params: Readonly<Record<string, unknown>>): object | undefined {
    const found = LISTS.find(([listMethod]) => listMethod === method);
    if (found === undefined) return undefined;
    const [, kind, member, key] = found;
    const names = has[kind];
    const { pageSize = names.length || 1, extra } = options;
    const from = Number(params['cursor'] ?? 0);
    const page = names.slice(from, from + pageSize).map((name) => toItem(key, name));
    return {
      resultType: 'complete',
      [member]: page,
      ...(from + pageSize < names.length && { nextCursor: String(from + pageSize) }),
      ttlMs: 60_000,
      cacheScope: 'public',
      ...extra,
    };
  }

  function use(method: string, params: Readonly<Record<string, unknown>>): object | undefined {
    const done = { resultType: 'complete', touched: params['name'] ?? params['uri'] ?? params['ref'] };
    switch (method) {
      case 'tools/call':
        return has.tools.includes(String(params['name'])) ? { ...done, content: [] } : undefined;
      case 'prompts/get':
        return has.prompts.includes(String(params['name'])) ? { ...done, messages: [] } : undefined;
      case 'resources/read':
        return has.resources.includes(String(params['uri'])) ? { ...done, contents: [] } : undefined;
      case 'completion/complete': {
        const ref = params['ref'] as { readonly name?: string; readonly uri?: string };
        const isKnown = has.prompts.includes(ref.name ?? '') || has.templates.includes(ref.uri ?? '');
        return isKnown ? { ...done, completion: { values: ['a'] } } : undefined;
      }
      case 'server/discover':
        return {
          ...done,
          supportedVersions: ['2026-07-28'],
          capabilities: {},
          serverInfo: { name: 'x', version: '1' },
        };
      default:
        return undefined;
    }
  }
}

/** The gateway's own readings of lists. */
const isOwn = (hit: Hit): boolean => String(hit.message.id).startsWith('tollgate-');

function toItem(key: string, name: string): object {
  return key === 'name' ? { name, inputSchema: { type: 'object' } } : { [key]: name, name };
}
