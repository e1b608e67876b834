// A shop on the official SDK that keeps baskets by number and gives them to whoever names one.
import type { TestContext } from 'node:test';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { McpListener } from '../../../../gateway/demo/serve-mcp.ts';
import { serveMcp } from '../../../../gateway/demo/serve-mcp.ts';

const basket = z.object({ basketId: z.string(), items: z.array(z.string()) });
// The client repeats the id in the header `Mcp-Param-Basket`.
const mirrored = z.string().meta({ 'x-mcp-header': 'Basket' });

export interface BasketServer extends McpListener {
  /** `Mcp-Param-Basket` of every request that had one. */
  readonly basketHeaders: readonly string[];
}

export async function startBasketServer(t: TestContext): Promise<BasketServer> {
  const baskets = new Map<string, string[]>();
  const basketHeaders: string[] = [];
  const show = (basketId: string) => {
    const items = baskets.get(basketId);
    if (items === undefined) return { content: [{ type: 'text' as const, text: 'no such basket' }], isError: true };
    const text = `Basket ${basketId} holds ${items.length} things, ${basketId}0 is another one.`;
    return { content: [{ type: 'text' as const, text }], structuredContent: { basketId, items } };
  };
  const handler = createMcpHandler(
    () => {
      const mcp = new McpServer({ name: 'shop', version: '1.0.0' });
      mcp.registerTool('create_basket', { description: 'A new basket', outputSchema: basket }, () => {
        const basketId = `basket-${baskets.size + 1}`;
        baskets.set(basketId, []);
        return show(basketId);
      });
      const item = z.string();
      mcp.registerTool(
        'fill_basket',
        { description: 'Puts a thing in', inputSchema: z.object({ basketId: z.string(), item }) },
        (args) => {
          baskets.get(args.basketId)?.push(args.item);
          return show(args.basketId);
        },
      );
      mcp.registerTool(
        'show_basket',
        { description: 'Shows one', inputSchema: z.object({ basketId: mirrored }) },
        ({ basketId }) => show(basketId),
      );
      return mcp;
    },
    { legacy: 'reject' },
  );
  const watched = {
    ...handler,
    fetch(...[request, options]: Parameters<typeof handler.fetch>) {
      const value = request.headers.get('mcp-param-basket');
      if (value !== null) basketHeaders.push(value);
      return handler.fetch(request, options);
    },
  };
  const listener = await serveMcp({ handler: watched, host: '127.0.0.1', port: 0, path: '/mcp' });
  t.after(() => listener.close());
  return { ...listener, basketHeaders };
}
