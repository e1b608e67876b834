#!/usr/bin/env node
// The command line: one binary, one file per command.
import { randomBytes } from 'node:crypto';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { serve } from '../main.ts';
import { readVersion } from '../version.ts';
import { runAuditVerify } from './audit.ts';
import { runCheck } from './check.ts';
import { runLiveCheck } from './check-live.ts';
import { runDemo } from './demo.ts';
import { runExplain } from './explain.ts';
import { runKeysNew } from './keys.ts';
import { runTest } from './test.ts';

const WRONG_USE = 2;
const DEFAULT_CONFIG = 'policies/gateway.yaml';

const io = { env: process.env, out: process.stdout, err: process.stderr };

const program = new Command('tollgate')
  .description('A stateless gateway for fleets of Model Context Protocol servers.')
  .version(readVersion())
  .exitOverride()
  .showHelpAfterError();

program
  .command('serve')
  .description('run the gateway')
  .option('--config <file>', 'configuration file', DEFAULT_CONFIG)
  .action(async ({ config }: { config: string }) => finish(await serve({ configFile: config, ...io })));

program
  .command('check')
  .description('check the configuration and every file it names; exit 1 on errors, one line each')
  .option('--config <file>', 'configuration file', DEFAULT_CONFIG)
  .option('--live', 'ask the upstreams too, and warn of names in rules that none of them offers')
  .action(async ({ config, live = false }: { config: string; live?: boolean }) =>
    finish(await (live ? runLiveCheck : runCheck)({ configFile: config, ...io })),
  );

program
  .command('test')
  .description('run the policy tests in tests/*.yaml beside the configuration; exit 1 when one fails')
  .option('--config <file>', 'configuration file', DEFAULT_CONFIG)
  .action(async ({ config }: { config: string }) =>
    finish(await runTest({ configFile: config, nowMs: Date.now, ...io })),
  );

program
  .command('explain')
  .description('judge one made-up call, and say of each rule what it lacked; exit 0 when it is allowed, 1 when not')
  .option('--config <file>', 'configuration file', DEFAULT_CONFIG)
  .requiredOption(
    '--as <file or json>',
    'who calls: JSON as in policy tests, or the payload of a token; or a file with it',
  )
  .requiredOption('--call <method:name>', 'what is called, such as tools/call:get_forecast or tools/list')
  .option('--endpoint <path>', 'needed when there are several')
  .option('--args <json>', 'arguments of the call')
  .option('--params <json>', 'checked values of Mcp-Param headers')
  .action(async ({ config, as, call, ...more }: ExplainOptions) =>
    finish(
      await runExplain({
        configFile: config,
        as,
        call,
        endpoint: more.endpoint,
        args: more.args,
        params: more.params,
        nowMs: Date.now,
        ...io,
      }),
    ),
  );

interface ExplainOptions {
  readonly config: string;
  readonly as: string;
  readonly call: string;
  readonly endpoint?: string;
  readonly args?: string;
  readonly params?: string;
}

program
  .command('keys')
  .description('keys for sealing')
  .command('new')
  .description('print a new sealing key')
  .option('--id <id>', 'print it as an item of sealing.keys with this id')
  .action(({ id }: { id?: string }) => finish(runKeysNew({ id, randomBytes, out: io.out })));

program
  .command('audit')
  .description('the audit trail')
  .command('verify')
  .description('prove that files of an audit trail are as they were written; exit 1 when they are not')
  .argument('<file...>', 'files of one trail, the oldest first')
  .option('--key <file>', 'PEM file of a public key that signs checkpoints; may be given again', gather, [])
  .option('--mixed', 'pass over lines that are not of the trail')
  .option('--complete', 'every chain must be there from its beginning to its end')
  .action(async (files: readonly string[], options: { key: readonly string[]; mixed?: true; complete?: true }) =>
    finish(
      await runAuditVerify({
        files,
        keyFiles: options.key,
        mixed: options.mixed === true,
        complete: options.complete === true,
        out: io.out,
        err: io.err,
      }),
    ),
  );

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

program
  .command('demo')
  .description('run three real MCP servers and the gateway in front of them, on loopback')
  .option('--once', 'make the calls, show their answers, and end; exit 1 when one is not as expected')
  .option('--port <number>', 'port of the gateway', toPort, 8080)
  .option('--admin-port <number>', 'port of the admin listener', toPort, 9464)
  .action(async (options: { once?: true; port: number; adminPort: number }) =>
    finish(await runDemo({ once: options.once === true, port: options.port, adminPort: options.adminPort, ...io })),
  );

function toPort(value: string): number {
  const port = Number(value);
  if (!/^[0-9]{1,5}$/.test(value) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}

/** Ends with this code once everything printed is out. */
function finish(code: number): void {
  process.exitCode = code;
  // A worker's channel to its primary would keep it alive.
  process.disconnect?.();
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : WRONG_USE;
}
