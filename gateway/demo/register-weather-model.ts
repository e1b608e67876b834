// Registers the demo's long computation: a task for clients that know tasks, a slow answer for all others.
import { setTimeout as delay } from 'node:timers/promises';
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { serveTasks } from './serve-tasks.ts';
import type { TaskStore } from './task-store.ts';
import { declaresTasks, toTaskResult } from './tasks-extension.ts';
import { getForecast, regions } from './weather-data.ts';

const modelInput = z.object({
  region: z.enum(regions).default('eu-north'),
  days: z.int().min(1).max(30).default(3),
  askFirst: z.boolean().default(false).describe('Park the task until tasks/update approves the cost'),
});
const approval = z.object({ approve: z.boolean() });

export interface WeatherModelOptions {
  readonly instance: string;
  /** Tasks live in the memory of the instance that started them. */
  readonly tasks: TaskStore;
}

/** A day takes one second. */
export function registerWeatherModel(mcp: McpServer, { instance, tasks }: WeatherModelOptions): void {
  const say = (text: string, facts: Record<string, unknown> = {}): CallToolResult => ({
    content: [{ type: 'text', text: `${text} (${instance})` }],
    structuredContent: { ...facts, instance },
  });
  mcp.registerTool(
    'run_model',
    { title: 'Run the model', description: 'Computes the days ahead, as a task where it can', inputSchema: modelInput },
    async ({ region, days, askFirst }, ctx) => {
      const compute = async (signal: AbortSignal): Promise<CallToolResult> => {
        await delay(days * 1000, undefined, { signal });
        const ahead = Array.from({ length: days }, (_, day) => getForecast(`day ${day + 1}`, region));
        return say(`${days} days for ${region}`, { ahead });
      };
      if (!declaresTasks(ctx)) return compute(ctx.mcpReq.signal);
      const started = tasks.start(async (run) => {
        if (!askFirst) return compute(run.signal);
        const message = `${days} days of computing. Go ahead?`;
        const answers = await run.ask({ approval: inputRequired.elicit({ message, requestedSchema: approval }) });
        const isApproved = acceptedContent(answers, 'approval', approval)?.approve === true;
        return isApproved ? compute(run.signal) : say('The model was not run');
      });
      return toTaskResult(started);
    },
  );
  serveTasks(mcp, tasks);
}
