// Registers the tools that answer `input_required` first, in every shape the suite asks for (SEP-2322).
import type {
  CallToolResult,
  InputRequest,
  InputRequests,
  McpServer,
  RequestStateCodec,
  ServerContext,
} from '@modelcontextprotocol/server';
import {
  acceptedContent,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { findClientCapabilities } from '../../../gateway/demo/find-client-capabilities.ts';

/** What survives between two rounds; the client carries it. */
export interface RoundState {
  readonly round: number;
  readonly name?: string;
}

const named = z.object({ name: z.string() });
const confirmed = z.object({ ok: z.boolean() });
const coloured = z.object({ color: z.string() });

const askName = (message = 'What is your name?'): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: named });
const askConfirmation = (): InputRequest =>
  inputRequired.elicit({ message: 'Please confirm', requestedSchema: confirmed });
const askModel = (text: string): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 50 });

const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

/** The text a client's model answered under `key`, if it answered. */
function findSampledText(ctx: ServerContext, key: string): string | undefined {
  const view = inputResponse(ctx.mcpReq.inputResponses, key);
  return view.kind === 'sampling' ? JSON.stringify(view.result.content) : undefined;
}

function findRoots(ctx: ServerContext, key: string): number | undefined {
  const view = inputResponse(ctx.mcpReq.inputResponses, key);
  return view.kind === 'roots' ? view.roots.length : undefined;
}

/** Only what this request's client said that it can answer. */
function askWhatIsDeclared(ctx: ServerContext): InputRequests {
  const declared = findClientCapabilities(ctx);
  return {
    ...(declared?.elicitation && { user_name: askName() }),
    ...(declared?.sampling && { greeting: askModel('Write a short greeting') }),
    ...(declared?.roots && { client_roots: inputRequired.listRoots() }),
  };
}

function registerSingleRounds(mcp: McpServer): void {
  mcp.registerTool('test_input_required_result_elicitation', { description: 'Asks the user for a name' }, (ctx) => {
    const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', named)?.name;
    return name === undefined ? inputRequired({ inputRequests: { user_name: askName() } }) : say(`Hello, ${name}!`);
  });
  mcp.registerTool('test_input_required_result_sampling', { description: 'Asks the model for a capital' }, (ctx) => {
    const text = findSampledText(ctx, 'capital');
    if (text !== undefined) return say(text);
    return inputRequired({ inputRequests: { capital: askModel('What is the capital of France?') } });
  });
  mcp.registerTool('test_missing_capability', { description: 'Cannot work without sampling' }, (ctx) => {
    const text = findSampledText(ctx, 'reply');
    return text === undefined ? inputRequired({ inputRequests: { reply: askModel('Say pong') } }) : say(text);
  });
  mcp.registerTool('test_input_required_result_list_roots', { description: 'Asks for the roots' }, (ctx) => {
    const roots = findRoots(ctx, 'client_roots');
    if (roots !== undefined) return say(`${roots} roots`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  mcp.registerTool('test_input_required_result_capabilities', { description: 'Asks what can be answered' }, (ctx) => {
    if (ctx.mcpReq.inputResponses !== undefined) return say('answered');
    const inputRequests = askWhatIsDeclared(ctx);
    return Object.keys(inputRequests).length === 0 ? say('nothing to ask') : inputRequired({ inputRequests });
  });
}

function registerStatefulRounds(mcp: McpServer, states: RequestStateCodec<RoundState>): void {
  const confirmFirst = async (ctx: ServerContext, answer: string) => {
    if (acceptedContent(ctx.mcpReq.inputResponses, 'confirm', confirmed) === undefined)
      return inputRequired({
        inputRequests: { confirm: askConfirmation() },
        requestState: await states.mint({ round: 1 }),
      });
    if (ctx.mcpReq.requestState<RoundState>() === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'requestState is missing');
    return say(answer);
  };
  mcp.registerTool('test_input_required_result_request_state', { description: 'Carries state' }, (ctx) =>
    confirmFirst(ctx, 'state-ok'),
  );
  mcp.registerTool('test_input_required_result_tampered_state', { description: 'Refuses changed state' }, (ctx) =>
    confirmFirst(ctx, 'integrity-ok'),
  );
  mcp.registerTool('test_input_required_result_multiple_inputs', { description: 'Asks three at once' }, async (ctx) => {
    const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', named)?.name;
    const greeting = findSampledText(ctx, 'greeting');
    const roots = findRoots(ctx, 'client_roots');
    if (name !== undefined && greeting !== undefined && roots !== undefined)
      return say(`${greeting} ${name}, ${roots} roots`);
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: askModel('Write a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await states.mint({ round: 1 }),
    });
  });
  mcp.registerTool('test_input_required_result_multi_round', { description: 'Asks twice, in turn' }, async (ctx) => {
    const state = ctx.mcpReq.requestState<RoundState>();
    if (state === undefined)
      return inputRequired({
        inputRequests: { step1: askName('Step 1: What is your name?') },
        requestState: await states.mint({ round: 1 }),
      });
    if (state.round === 1) {
      const name = acceptedContent(ctx.mcpReq.inputResponses, 'step1', named)?.name ?? 'unknown';
      const step2 = inputRequired.elicit({ message: 'Step 2: Which colour?', requestedSchema: coloured });
      return inputRequired({ inputRequests: { step2 }, requestState: await states.mint({ round: 2, name }) });
    }
    const color = acceptedContent(ctx.mcpReq.inputResponses, 'step2', coloured)?.color ?? 'unknown';
    return say(`${state.name ?? 'unknown'} likes ${color}`);
  });
}

/** `states` must be the one whose `verify` the server was built with, with the same key on every instance. */
export function registerInputTools(mcp: McpServer, states: RequestStateCodec<RoundState>): void {
  registerSingleRounds(mcp);
  registerStatefulRounds(mcp, states);
}
