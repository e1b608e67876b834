// The steps of the demo that are about who calls: without a token, with a wrong one, with too few rights, with enough.
import type { DemoScene } from './demo-people.ts';
import { type DemoStep, type Shown, showRefusal } from './demo-step.ts';
import { callMcp, type McpCall, withToken } from './mcp-call.ts';

export const ALLOWED: McpCall = { method: 'tools/call', params: { name: 'get_forecast', arguments: { city: 'Oslo' } } };
export const DENIED: McpCall = {
  method: 'tools/call',
  params: { name: 'delete_station', arguments: { id: 'oslo-1' } },
};
/** Allowed with a scope that Alice does not have. */
const STEP_UP: McpCall = {
  method: 'tools/call',
  params: { name: 'issue_warning', arguments: { region: 'eu-north', text: 'storm' } },
};

export const ACCESS_STEPS: readonly DemoStep[] = [
  {
    title: 'without a token nobody calls, and is told where to get one',
    run: ({ url }) => runChallenged(url, ALLOWED, 401, ['resource_metadata="']),
  },
  {
    title: 'the metadata names the issuer and the scopes',
    run: runMetadata,
  },
  {
    title: 'a token for another resource is refused',
    run: ({ url, elsewhere }) => runChallenged(url, withToken(ALLOWED, elsewhere), 401, ['error="invalid_token"']),
  },
  {
    title: 'alice may not delete a station',
    run: async ({ url, alice }) => showRefusal(await callMcp(url, withToken(DENIED, alice)), 403, 403),
  },
  {
    title: 'alice is told which scope a warning needs',
    run: ({ url, alice }) =>
      runChallenged(url, withToken(STEP_UP, alice), 403, ['error="insufficient_scope"', 'scope="weather:write"']),
  },
  {
    title: 'ada, an administrator, may delete it',
    async run({ url, ada }) {
      const { status, response } = await callMcp(url, withToken(DENIED, ada));
      const facts = response.result?.structuredContent as Record<string, unknown> | undefined;
      return { ok: status === 200 && facts?.deleted === 'oslo-1', shows: `${status} ${String(facts?.deleted)}` };
    },
  },
];

async function runChallenged(url: string, call: McpCall, status: number, parts: readonly string[]): Promise<Shown> {
  const outcome = await callMcp(url, call);
  const { challenge = 'no challenge' } = outcome;
  const { ok } = showRefusal(outcome, status, status);
  return { ok: ok && parts.every((part) => challenge.includes(part)), shows: `${outcome.status} ${challenge}` };
}

async function runMetadata({ url }: DemoScene): Promise<Shown> {
  const { origin, pathname } = new URL(url);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { resource, authorization_servers, scopes_supported } = (await response.json()) as Record<string, unknown>;
  const ok = response.status === 200 && resource === url && Array.isArray(authorization_servers);
  return { ok, shows: `${String(authorization_servers)}: ${String(scopes_supported)}` };
}
