// Finds what one request says its client can do; the SDK's published types leave the envelope empty.
import type { ClientCapabilities, ServerContext } from '@modelcontextprotocol/server';
import { CLIENT_CAPABILITIES_META_KEY } from '@modelcontextprotocol/server';

/** The declared capabilities, which the SDK has validated; `undefined` on requests of older revisions. */
export function findClientCapabilities(ctx: ServerContext): ClientCapabilities | undefined {
  const envelope: { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined = ctx.mcpReq.envelope;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY];
}
