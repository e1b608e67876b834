// Says what the tasks extension (SEP-2663) looks like to the official SDK, which carries its wire but has no types for it.
import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import { MissingRequiredClientCapabilityError } from '@modelcontextprotocol/server';
import { findClientCapabilities } from './find-client-capabilities.ts';
import type { TaskSummary } from './task-store.ts';

export const tasksExtension = 'io.modelcontextprotocol/tasks';

/** Whether this one request declared that its client understands tasks. */
export function declaresTasks(ctx: ServerContext): boolean {
  return Object.hasOwn(findClientCapabilities(ctx)?.extensions ?? {}, tasksExtension);
}

/** The error of a request that needs tasks from a client that did not declare them. */
export function tasksNotDeclared(): MissingRequiredClientCapabilityError {
  return new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
}

/** What a tool handler returns instead of its result; the SDK's types do not know it, its wire does. */
export function toTaskResult(task: TaskSummary): CallToolResult {
  return { ...task, resultType: 'task' } as unknown as CallToolResult;
}
