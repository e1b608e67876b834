// Makes the shape of a list.
import { z } from 'zod';

/** A list of values of one shape; `least` completes "expected …" when an empty list makes no sense. */
export function listOf<V extends z.ZodType>(description: string, value: V, least?: string) {
  const list = z.array(value, { error: 'a list' }).meta({ description });
  return least === undefined ? list : list.min(1, least).meta({ description });
}
