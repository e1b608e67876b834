// Registers the tools that the suite's tasks scenarios start, steer and cancel (SEP-2663).
import { setTimeout as delay } from 'node:timers/promises';
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { acceptedContent, inputRequired, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { TaskStore } from '../../../gateway/demo/task-store.ts';
import { declaresTasks, toTaskResult } from '../../../gateway/demo/tasks-extension.ts';

/** Tools that are tasks or nothing; `refuseWithoutTasks` guards them. */
export const taskOnlyTools: ReadonlySet<string> = new Set([
  'failing_job',
  'protocol_error_job',
  'confirm_delete',
  'multi_input',
  'test_tool_with_task',
]);

const named = z.object({ name: z.string() });
const confirmed = z.object({ confirm: z.boolean() });
const slowInput = z.object({ seconds: z.number().default(1), label: z.string().default('') });
const deleteInput = z.object({ filename: z.string().default('file') });

const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
const askConfirmation = (message: string) => inputRequired.elicit({ message, requestedSchema: confirmed });

export function registerTaskTools(mcp: McpServer, tasks: TaskStore): void {
  mcp.registerTool(
    'slow_compute',
    { description: 'Sleeps, then answers', inputSchema: slowInput },
    async (args, ctx) => {
      const compute = async (signal: AbortSignal): Promise<CallToolResult> => {
        await delay(args.seconds * 1000, undefined, { signal });
        return say(`computed ${args.label}`);
      };
      if (!declaresTasks(ctx)) return compute(ctx.mcpReq.signal);
      return toTaskResult(tasks.start((run) => compute(run.signal)));
    },
  );
  mcp.registerTool('failing_job', { description: 'Ends in a tool error' }, () =>
    toTaskResult(
      tasks.start(async (run) => {
        await delay(500, undefined, { signal: run.signal });
        return { ...say('the job failed'), isError: true };
      }),
    ),
  );
  mcp.registerTool('protocol_error_job', { description: 'Ends in a protocol error' }, () =>
    toTaskResult(
      tasks.start(async (run) => {
        await delay(200, undefined, { signal: run.signal });
        throw new ProtocolError(ProtocolErrorCode.InternalError, 'the job broke');
      }),
    ),
  );
  mcp.registerTool(
    'confirm_delete',
    { description: 'Asks before it deletes', inputSchema: deleteInput },
    ({ filename }) =>
      toTaskResult(
        tasks.start(async (run) => {
          const answers = await run.ask({ confirm: askConfirmation(`Delete ${filename}?`) });
          const isConfirmed = acceptedContent(answers, 'confirm', confirmed)?.confirm === true;
          return say(isConfirmed ? `deleted ${filename}` : `kept ${filename}`);
        }),
      ),
  );
  mcp.registerTool('multi_input', { description: 'Asks two questions at once' }, () =>
    toTaskResult(
      tasks.start(async (run) => {
        const answers = await run.ask({ first: askConfirmation('First?'), second: askConfirmation('Second?') });
        return say(`answered ${Object.keys(answers).length}`);
      }),
    ),
  );
  mcp.registerTool('test_tool_with_task', { description: 'Asks first, then becomes a task' }, (ctx) => {
    const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', named)?.name;
    if (name !== undefined) return toTaskResult(tasks.start(async () => say(`Hello, ${name}!`)));
    const user_name = inputRequired.elicit({ message: 'What is your name?', requestedSchema: named });
    return inputRequired({ inputRequests: { user_name } });
  });
}
