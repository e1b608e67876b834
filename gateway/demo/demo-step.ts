// One step of the demo: a call or a few, and the answer they must get.
import type { DemoScene } from './demo-people.ts';
import type { McpOutcome } from './mcp-call.ts';

export interface Shown {
  /** Whether it is what had to come. */
  readonly ok: boolean;
  readonly shows: string;
}

export interface DemoStep {
  readonly title: string;
  run(scene: DemoScene): Promise<Shown>;
}

export function showRefusal({ status, response }: McpOutcome, expectedStatus: number, code: number): Shown {
  const { error } = response;
  return { ok: status === expectedStatus && error?.code === code, shows: `${status} ${error?.code} ${error?.message}` };
}
