// Sends one request to an instance the way the gateway does.
import type { Instance } from '../../../gateway/upstream/instance.ts';

export interface PostAnswer {
  readonly status: number;
  readonly text: string;
}

export async function post(instance: Instance, pool: 'calls' | 'streams' = 'calls'): Promise<PostAnswer> {
  const { statusCode, body } = await instance[pool].request({
    path: instance.path,
    method: 'POST',
    headers: { host: instance.hostHeader, 'content-type': 'application/json' },
    body: '{}',
  });
  return { status: statusCode, text: await body.text() };
}
