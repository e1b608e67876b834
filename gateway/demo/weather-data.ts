// Makes up weather that is the same on every instance: it follows from the place and the clock alone.
import { createHash } from 'node:crypto';

export const regions = ['eu-north', 'eu-west', 'us-east', 'ap-south'] as const;

export type Region = (typeof regions)[number];

export interface Station {
  readonly id: string;
  readonly city: string;
  readonly region: Region;
}

export interface Forecast {
  readonly city: string;
  readonly region: Region;
  readonly sky: string;
  readonly celsius: number;
}

export const stations: readonly Station[] = [
  { id: 'oslo-1', city: 'Oslo', region: 'eu-north' },
  { id: 'bergen-1', city: 'Bergen', region: 'eu-north' },
  { id: 'lisbon-1', city: 'Lisbon', region: 'eu-west' },
  { id: 'boston-1', city: 'Boston', region: 'us-east' },
  { id: 'chennai-1', city: 'Chennai', region: 'ap-south' },
];

/** How often the current observation becomes another one. */
export const observationEveryMs = 5000;

const nowhere: Station = { id: 'none', city: 'Nowhere', region: 'eu-north' };

const skies = ['clear', 'a few clouds', 'overcast', 'light rain', 'heavy rain', 'fog'];

const warmth: Readonly<Record<Region, number>> = { 'eu-north': 4, 'eu-west': 16, 'us-east': 12, 'ap-south': 29 };

export function getForecast(city: string, region: Region): Forecast {
  const [first = 0, second = 0] = createHash('sha256').update(`${city}/${region}`).digest();
  return { city, region, sky: skies[first % skies.length] ?? 'clear', celsius: warmth[region] + (second % 9) - 4 };
}

/** The observation of the moment `nowMs`, in milliseconds since 1970; its number grows by one each step. */
export function getObservation(nowMs: number): Forecast & { readonly observation: number } {
  const observation = Math.floor(nowMs / observationEveryMs);
  const { city, region } = stations[observation % stations.length] ?? nowhere;
  return { observation, ...getForecast(`${city}${observation}`, region), city };
}

export function findStation(id: string): Station | undefined {
  return stations.find((station) => station.id === id);
}
