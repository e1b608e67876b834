// Registers the demo's tools: quick ones, a destructive one, one that streams and one that asks back.
import { setTimeout as delay } from 'node:timers/promises';
import type { McpServer, RequestStateCodec } from '@modelcontextprotocol/server';
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { findStation, getForecast, regions, stations } from './weather-data.ts';

/** What a warning waits with while the user is asked; the client carries it to any instance. */
export interface PendingWarning {
  readonly askedBy: string;
}

export interface WeatherToolsOptions {
  /** The name that answers show, so that a demo can see where its calls land. */
  readonly instance: string;
  readonly states: RequestStateCodec<PendingWarning>;
}

const region = z.enum(regions);
// The client repeats the value in the header `Mcp-Param-Region`, and a gateway may route by it.
const mirroredRegion = region.meta({ 'x-mcp-header': 'Region' });
const forecast = z.object({ city: z.string(), region, sky: z.string(), celsius: z.number(), instance: z.string() });
const stationList = z.object({
  stations: z.array(z.object({ id: z.string(), city: z.string(), region })),
  instance: z.string(),
});
const counting = z.object({
  to: z.int().min(1).max(600).default(10),
  everyMs: z.int().min(10).max(10_000).default(500),
});
const confirmation = z.object({ severity: z.enum(['yellow', 'orange', 'red']), confirm: z.boolean() });

export function registerWeatherTools(mcp: McpServer, { instance, states }: WeatherToolsOptions): void {
  const say = (text: string, facts: Record<string, unknown> = {}) => ({
    content: [{ type: 'text' as const, text: `${text} (${instance})` }],
    structuredContent: { ...facts, instance },
  });

  mcp.registerTool(
    'get_forecast',
    {
      title: 'Forecast',
      description: 'The forecast for a city',
      inputSchema: z.object({ city: z.string(), region: mirroredRegion.default('eu-north') }),
      outputSchema: forecast,
      annotations: { readOnlyHint: true },
    },
    ({ city, region }) => {
      const found = getForecast(city, region);
      return say(`${city}: ${found.sky}, ${found.celsius} °C`, { ...found });
    },
  );
  mcp.registerTool(
    'list_stations',
    {
      title: 'Stations',
      description: 'All weather stations',
      outputSchema: stationList,
      annotations: { readOnlyHint: true },
    },
    () => say(stations.map(({ id }) => id).join(', '), { stations }),
  );
  mcp.registerTool(
    'delete_station',
    {
      title: 'Delete a station',
      description: 'Removes a station for good (the demo only says so)',
      inputSchema: z.object({ id: z.string() }),
      annotations: { destructiveHint: true, idempotentHint: true },
    },
    ({ id }) => {
      if (findStation(id) === undefined) return { ...say(`There is no station ${id}`), isError: true };
      return say(`Station ${id} is deleted`, { deleted: id });
    },
  );
  mcp.registerTool(
    'slow_count',
    { title: 'Count slowly', description: 'Counts, with a progress notification each step', inputSchema: counting },
    async ({ to, everyMs }, ctx) => {
      const { signal, _meta, notify } = ctx.mcpReq;
      const progressToken = _meta?.progressToken;
      for (let progress = 1; progress <= to; progress += 1) {
        await delay(everyMs, undefined, { signal }).catch((cause: unknown) => {
          // On the instance's console one sees that leaving the stream stops the work.
          process.stderr.write(`${instance}: slow_count was cancelled at ${progress - 1}\n`);
          throw cause;
        });
        if (progressToken === undefined) continue;
        await notify({ method: 'notifications/progress', params: { progressToken, progress, total: to } });
      }
      return say(`Counted to ${to}`, { counted: to });
    },
  );
  mcp.registerTool(
    'issue_warning',
    {
      title: 'Issue a warning',
      description: 'Warns a region, after asking how severe it is',
      inputSchema: z.object({ region, text: z.string() }),
    },
    async ({ region, text }, ctx) => {
      const answer = acceptedContent(ctx.mcpReq.inputResponses, 'severity', confirmation);
      const pending = ctx.mcpReq.requestState<PendingWarning>();
      if (ctx.mcpReq.inputResponses !== undefined && answer?.confirm !== true) return say('No warning was issued');
      if (answer === undefined || pending === undefined) {
        const message = `How severe is "${text}" in ${region}?`;
        return inputRequired({
          inputRequests: { severity: inputRequired.elicit({ message, requestedSchema: confirmation }) },
          requestState: await states.mint({ askedBy: instance }),
        });
      }
      return say(`A ${answer.severity} warning for ${region}: ${text}`, {
        ...answer,
        region,
        askedBy: pending.askedBy,
      });
    },
  );
}
