// Opens state that travelled through the client. This version seals nothing, so the body goes upstream as it came.
import type { Admitted, Opened } from '../exchange.ts';

/** Replaces sealed values in the body by what an upstream gave out. */
export function open(request: Admitted): Opened {
  return { ...request, opened: true };
}
