// Governs extensions: what is not granted to a caller does not exist for it, whatever it declares.
import type { Principal } from '../exchange.ts';
import type { Edit } from '../mcp/edits.ts';
import type { Envelope } from '../mcp/envelope.ts';
import { refuse } from '../refusal.ts';
import type { Grant } from './access-rule.ts';
import { compileGrant, fitsPrincipal } from './compile-grant.ts';

export interface ExtensionGate {
  /** True when some extension exists for one caller and not for another. */
  readonly dependOnCaller: boolean;
  /** Whether the extension exists for this caller. */
  grants(principal: Principal, id: string): boolean;
  /**
   * @returns what must be removed from the capabilities the client declares
   * @throws Refusal unknown_method when the method belongs to an extension the caller was not granted; capability_missing when
   *   it was, but is not declared for this request (MCP 2026-07-28, extensions: "capability negotiation")
   */
  govern(principal: Principal, envelope: Envelope): readonly Edit[];
}

/** @param grants whose each extension is, by its id; one that is not here does not exist */
export function makeExtensionGate(grants: ReadonlyMap<string, Grant>): ExtensionGate {
  const compiled = new Map([...grants].map(([id, grant]) => [id, compileGrant(grant)]));
  function isGranted(principal: Principal, id: string): boolean {
    const grant = compiled.get(id);
    return grant !== undefined && fitsPrincipal(grant, principal);
  }
  return {
    dependOnCaller: [...grants.values()].some(({ everyone }) => !everyone),
    grants: isGranted,
    govern(principal, { method, extensions }) {
      const owner = method.extension;
      if (owner !== undefined) {
        if (!isGranted(principal, owner)) refuse('unknown_method', { reason: 'extension' });
        if (!extensions.some(({ name }) => name === owner)) {
          const data = { requiredCapabilities: { extensions: { [owner]: {} } } };
          refuse('capability_missing', { reason: 'extension', data });
        }
      }
      if (extensions.length === 0) return [];
      return extensions
        .filter(({ name }) => !isGranted(principal, name))
        .map(({ start, end }) => ({ start, end, text: undefined }));
    },
  };
}
