#!/usr/bin/env node
// The command line: one binary, one file per command.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { serve } from '../main.ts';
import { runCheck } from './check.ts';
import { runDemo } from './demo.ts';
import { readVersion } from './version.ts';

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
  .action(({ config }: { config: string }) => finish(runCheck({ configFile: config, ...io })));

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
