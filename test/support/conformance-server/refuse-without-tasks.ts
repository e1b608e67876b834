// Refuses calls of task-only tools by clients without tasks: `McpServer` would turn the error into a tool result.
import type { JSONRPCRequest, McpHttpHandler } from '@modelcontextprotocol/server';
import { CLIENT_CAPABILITIES_META_KEY, isJSONRPCRequest } from '@modelcontextprotocol/server';
import { tasksExtension, tasksNotDeclared } from '../../../gateway/demo/tasks-extension.ts';
import { taskOnlyTools } from './register-task-tools.ts';

/** The same handler, with `-32021` and 400 in front of the tools that are tasks or nothing. */
export function refuseWithoutTasks(handler: McpHttpHandler): McpHttpHandler {
  return {
    ...handler,
    async fetch(request, options) {
      const body: unknown = await request
        .clone()
        .json()
        .catch(() => undefined);
      if (!isJSONRPCRequest(body) || body.method !== 'tools/call' || !namesTaskOnlyTool(body.params)) {
        return handler.fetch(request, options);
      }
      if (declaresExtension(body.params)) return handler.fetch(request, options);
      const { code, message, data } = tasksNotDeclared();
      return Response.json({ jsonrpc: '2.0', id: body.id, error: { code, message, data } }, { status: 400 });
    },
  };
}

function namesTaskOnlyTool(params: Readonly<Record<string, unknown>> | undefined): boolean {
  return typeof params?.name === 'string' && taskOnlyTools.has(params.name);
}

function declaresExtension({ _meta: meta }: NonNullable<JSONRPCRequest['params']> = {}): boolean {
  const declared = meta?.[CLIENT_CAPABILITIES_META_KEY] as { extensions?: object } | undefined;
  return declared?.extensions !== undefined && Object.hasOwn(declared.extensions, tasksExtension);
}
