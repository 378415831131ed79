#!/usr/bin/env node
// The command `bureau`: what is built, or else the source. Plain JavaScript, and only what Node 18 knows; with an older Node
// than Bureau needs, config/tools/with-node.mjs finds the one that npm brought and stands before it.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const [neededMajor, neededMinor] = engines.node.replace('>=', '').split('.').map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);
const built = new URL('dist/main.js', root);
const main = existsSync(built) ? built : new URL('src/main.ts', root);

if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) {
  if (main.href !== built.href) await keepCompiled();
  await import(main.href);
} else {
  process.argv.splice(2, 0, fileURLToPath(main));
  await import(new URL('config/tools/with-node.mjs', root).href);
}

/** Of sources alone: what is built starts fast without. */
async function keepCompiled() {
  const file = new URL('config/tools/compile-cache.mjs', root);
  if (process.env.NODE_COMPILE_CACHE !== undefined || !existsSync(file)) return;
  const { compileCacheFolder } = await import(file.href);
  const folder = compileCacheFolder(fileURLToPath(root));
  if (folder === undefined) return;
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(folder);
  // For the threads and processes of a server; what a command runs is none of ours.
  if (process.argv[2] === 'serve') process.env.NODE_COMPILE_CACHE = folder;
}
