#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCommandLine } from './cli/run-command-line.ts';
import { createSystemContext } from './cli/system-context.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const environment = process.env;
const context = createSystemContext({ environment, workingDirectory: process.cwd(), version });
const code = await runCommandLine(process.argv.slice(2), context, {
  version,
  serve: async (file) => (await import('./serve.ts')).runServer({ file, environment, version }),
  rewrapKeys: async (order) => (await import('./rewrap.ts')).rewrapKeys({ ...order, environment }),
});
if (code !== null) process.exitCode = code;
