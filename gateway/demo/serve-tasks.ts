// Serves the methods of the tasks extension (SEP-2663) as custom handlers of the official SDK.
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { TaskDetail, TaskStore } from './task-store.ts';
import { declaresTasks, tasksExtension, tasksNotDeclared } from './tasks-extension.ts';

const taskParams = z.object({ taskId: z.string() });
const anyResult = z.looseObject({});

/** Declares the extension on `mcp` and answers `tasks/get`, `tasks/update` and `tasks/cancel` from `store`. */
export function serveTasks(mcp: McpServer, store: TaskStore): void {
  mcp.server.registerCapabilities({ extensions: { [tasksExtension]: {} } });

  const requireTask = (taskId: string, ctx: ServerContext): TaskDetail => {
    if (!declaresTasks(ctx)) throw tasksNotDeclared();
    const task = store.find(taskId);
    if (task === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown task');
    return task;
  };

  mcp.server.setRequestHandler('tasks/get', { params: taskParams, result: anyResult }, ({ taskId }, ctx) => ({
    ...requireTask(taskId, ctx),
  }));
  mcp.server.setRequestHandler('tasks/cancel', { params: taskParams, result: anyResult }, ({ taskId }, ctx) => {
    requireTask(taskId, ctx);
    store.cancel(taskId);
    return {};
  });
  mcp.server.setRequestHandler('tasks/update', { params: taskParams, result: anyResult }, ({ taskId }, ctx) => {
    requireTask(taskId, ctx);
    // The SDK lifts `inputResponses` out of the params of every method.
    store.update(taskId, ctx.mcpReq.inputResponses ?? {});
    return {};
  });
}
