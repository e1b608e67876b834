// A request that is ready to be sent upstream, of which a test gives what it is about.
import type { Principal, Routed } from '../../../gateway/exchange.ts';
import { METHODS } from '../../../gateway/mcp/methods.ts';
import { makePrincipal } from '../policy/make-rules.ts';

export interface RoutedParts {
  readonly principal?: Principal;
  readonly bearer?: string | undefined;
  readonly body?: Buffer;
  readonly method?: string;
  readonly name?: string | undefined;
}

export function makeRouted({ method = 'tools/call', ...parts }: RoutedParts = {}): Routed {
  const { principal = makePrincipal(), bearer, body = Buffer.from('{}') } = parts;
  const envelope = { method: METHODS.get(method), name: 'name' in parts ? parts.name : 'get_forecast' };
  return { principal, bearer, body, envelope, upstream: 'weather' } as unknown as Routed;
}
