// Registers the prompts that the suite gets, and the completion it asks for.
import type { GetPromptResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { acceptedContent, completable, inputRequired } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { onePixelPng } from './samples.ts';

type Content = GetPromptResult['messages'][number]['content'];

const contextual = z.object({ context: z.string() });
const twoArguments = z.object({
  arg1: completable(z.string(), (start) => ['paris', 'park', 'party'].filter((word) => word.startsWith(start))),
  arg2: z.string(),
});

const ask = (...contents: readonly Content[]): GetPromptResult => ({
  messages: contents.map((content) => ({ role: 'user', content })),
});

export function registerPrompts(mcp: McpServer): void {
  mcp.registerPrompt('test_simple_prompt', { description: 'Takes no arguments' }, () =>
    ask({ type: 'text', text: 'Say something short.' }),
  );
  mcp.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two arguments', argsSchema: twoArguments },
    ({ arg1, arg2 }) => ask({ type: 'text', text: `First ${arg1}, then ${arg2}` }),
  );
  mcp.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) =>
      ask(
        { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded.' } },
        { type: 'text', text: 'Summarise the resource above.' },
      ),
  );
  mcp.registerPrompt('test_prompt_with_image', { description: 'Shows an image' }, () =>
    ask(
      { type: 'image', data: onePixelPng, mimeType: 'image/png' },
      { type: 'text', text: 'Describe the image above.' },
    ),
  );
  mcp.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks the user first' },
    (ctx: ServerContext) => {
      const context = acceptedContent(ctx.mcpReq.inputResponses, 'user_context', contextual)?.context;
      if (context !== undefined) return ask({ type: 'text', text: `Use this context: ${context}` });
      const user_context = inputRequired.elicit({ message: 'Which context?', requestedSchema: contextual });
      return inputRequired({ inputRequests: { user_context } });
    },
  );
}
