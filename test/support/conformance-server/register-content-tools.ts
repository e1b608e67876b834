// Registers the tools whose only purpose is the kind of content they answer with.
import { setTimeout as delay } from 'node:timers/promises';
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { fromJsonSchema } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { onePixelPng, silentWav } from './samples.ts';

type Content = CallToolResult['content'];

const fixedAnswers: Readonly<Record<string, Content>> = {
  test_simple_text: [{ type: 'text', text: 'Plain text, as asked.' }],
  test_image_content: [{ type: 'image', data: onePixelPng, mimeType: 'image/png' }],
  test_audio_content: [{ type: 'audio', data: silentWav, mimeType: 'audio/wav' }],
  test_embedded_resource: [
    { type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'Embedded.' } },
  ],
  test_multiple_content_types: [
    { type: 'text', text: 'Text, an image and a resource:' },
    { type: 'image', data: onePixelPng, mimeType: 'image/png' },
    { type: 'resource', resource: { uri: 'test://mixed', mimeType: 'application/json', text: '{"test":"data"}' } },
  ],
  test_streaming_elicitation: [{ type: 'text', text: 'No request of its own stands on this stream.' }],
};

const progressSteps = [0, 50, 100];

const fullDialectSchema = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

const mirrored = { type: 'string', 'x-mcp-header': 'Region' } as const;

const mirroredSchema = fromJsonSchema<{ region?: string; level?: number }>({
  type: 'object',
  properties: { region: mirrored, level: { type: 'integer' } },
});

/** The first tool registered takes no arguments: the suite calls whatever stands first in the list. */
export function registerContentTools(mcp: McpServer): void {
  for (const [name, content] of Object.entries(fixedAnswers))
    mcp.registerTool(name, { description: 'Answers with fixed content' }, () => ({ content: [...content] }));

  mcp.registerTool('test_error_handling', { description: 'Always ends in a tool error' }, () => {
    throw new Error('This tool fails on purpose.');
  });
  mcp.registerTool('test_logging_tool', { description: 'Logs, if the request asked for logs' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'seen only where the request named a log level');
    return { content: [{ type: 'text', text: 'logged' }] };
  });
  mcp.registerTool('test_tool_with_progress', { description: 'Reports three steps of progress' }, async (ctx) => {
    const { _meta: meta, notify } = ctx.mcpReq;
    const progressToken = meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : progressSteps) {
      await notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      await delay(30);
    }
    return { content: [{ type: 'text', text: String(progressToken ?? 'no token') }] };
  });
  mcp.registerTool(
    'test_x_mcp_header',
    { description: 'Mirrors one argument into a header', inputSchema: mirroredSchema },
    ({ region }) => ({ content: [{ type: 'text', text: `region=${region ?? 'none'}` }] }),
  );
  mcp.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Shows every keyword of its schema', inputSchema: fullDialectSchema },
    (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
  );
  mcp.registerTool(
    'greet',
    { description: 'Greets at once, never as a task', inputSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
  );
}
