// Runs a TypeScript file of this checkout on Node 24: on this Node when it is new enough, else on the one that npm installed.
// Plain JavaScript, because the Node that starts it may be too old to read anything else.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [file = '', ...args] = process.argv.slice(2);
const target = path.resolve(file);

if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.argv.splice(1, 2, target);
  await import(pathToFileURL(target).href);
} else {
  const packaged = fileURLToPath(new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url));
  if (existsSync(packaged)) {
    run(packaged);
  } else {
    process.stderr.write(
      `Tollgate needs Node 24 or newer; this is ${process.version}. On Linux, npm ci brings one along ` +
        `(the optional package node-linux-${process.arch}); elsewhere install Node 24.\n`,
    );
    process.exitCode = 1;
  }
}

/** @param {string} node the program to run the file with */
function run(node) {
  // npm looks for `node` along the path; the tests and the demo start further processes.
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, [target, ...args], { stdio: 'inherit', env });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {
    // A terminal sends Ctrl-C to both processes by itself; a second one would end the gateway without a drain.
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
