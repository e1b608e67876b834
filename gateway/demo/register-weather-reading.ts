// Registers what the demo's clients read: a changing resource, a list, a template, and a prompt with completion.
import type { McpServer } from '@modelcontextprotocol/server';
import { completable, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { findStation, getForecast, getObservation, stations } from './weather-data.ts';

/** The resource that changes as time goes by. */
export const currentUri = 'weather://now';

const mimeType = 'application/json';

const startingWith = (words: readonly string[], start: string): string[] =>
  words.filter((word) => word.toLowerCase().startsWith(start.toLowerCase()));

const trip = z.object({
  city: completable(z.string(), (start) =>
    startingWith(
      stations.map(({ city }) => city),
      start,
    ),
  ),
  days: z.string().default('3'),
});

const byId = new ResourceTemplate('weather://stations/{id}', {
  list: () => ({
    resources: stations.map(({ id, city }) => ({ uri: `weather://stations/${id}`, name: id, title: city, mimeType })),
  }),
  complete: {
    id: (start) =>
      startingWith(
        stations.map(({ id }) => id),
        start,
      ),
  },
});

export function registerWeatherReading(mcp: McpServer, { instance }: { readonly instance: string }): void {
  const asJson = (uri: string, facts: object) => ({
    contents: [{ uri, mimeType, text: JSON.stringify({ ...facts, instance }) }],
  });
  const shared = { cacheScope: 'public', ttlMs: 60_000 } as const;

  mcp.registerResource(
    'now',
    currentUri,
    { title: 'The current observation', description: 'Another one every five seconds', mimeType },
    ({ href }) => asJson(href, getObservation(Date.now())),
  );
  mcp.registerResource(
    'stations',
    'weather://stations',
    { title: 'All stations', mimeType, cacheHint: shared },
    (uri) => asJson(uri.href, { stations }),
  );
  mcp.registerResource('station', byId, { title: 'One station', mimeType, cacheHint: shared }, ({ href }, { id }) => {
    const station = findStation(String(id));
    if (station === undefined) throw new ResourceNotFoundError(href);
    return asJson(href, { ...station, ...getForecast(station.city, station.region) });
  });
  mcp.registerPrompt('plan_trip', { title: 'Plan a trip', argsSchema: trip }, ({ city, days }) => ({
    messages: [
      {
        role: 'user',
        content: { type: 'text', text: `Plan ${days} days in ${city} around the weather. Ask get_forecast first.` },
      },
    ],
  }));
}
