#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const environment = process.env;
const args = process.argv.slice(2);

const serve = async (file: string | null): Promise<void> =>
  (await import('./serve.ts')).runServer({ file, environment, version });

const runCommand = async (): Promise<void> => {
  const [{ runCommandLine }, { createSystemContext }] = await Promise.all([
    import('./cli/run-command-line.ts'),
    import('./cli/system-context.ts'),
  ]);
  const context = createSystemContext({ environment, workingDirectory: process.cwd(), version });
  const code = await runCommandLine(args, context, {
    version,
    serve,
    rewrapKeys: async (order) => (await import('./rewrap.ts')).rewrapKeys({ ...order, environment }),
  });
  if (code !== null) process.exitCode = code;
};

// A server that is started with nothing to read from its command line does not load what reads one.
if (args.length === 1 && args[0] === 'serve') await serve(null);
else await runCommand();
