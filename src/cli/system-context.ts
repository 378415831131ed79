import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandContext } from './command-context.ts';
import { misused } from './command-failed.ts';
import { maskCommand, withoutTokens } from './token/printable.ts';

/** The longest text read from a file or stdin; tokens and keys are far smaller. */
const maxTextBytes = 1_048_576;

const programTimeoutMilliseconds = 30_000;

/** The world as it is. Signals stop a command only once it asked for {@link CommandContext.stopping}. */
export const createSystemContext = ({
  environment,
  workingDirectory,
  version,
}: {
  readonly environment: CommandContext['environment'];
  readonly workingDirectory: string;
  readonly version: string;
}): CommandContext => {
  let stopping: AbortController | null = null;
  const whenStopping = (): AbortSignal => {
    if (stopping === null) {
      const controller = new AbortController();
      for (const signal of ['SIGTERM', 'SIGINT'] as const)
        process.once(signal, () => controller.abort(new Error(signal)));
      stopping = controller;
    }
    return stopping.signal;
  };
  return {
    environment,
    workingDirectory,
    userAgent: `bureau/${version}`,
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    sleep: async (milliseconds) => {
      const { setTimeout: delay } = await import('node:timers/promises');
      await delay(milliseconds, undefined, stopping === null ? {} : { signal: stopping.signal }).catch(
        () => undefined,
      );
    },
    get stopping() {
      return whenStopping();
    },
    run: runProgram,
    readText: (path) =>
      path === '-'
        ? readBounded(process.stdin, 'stdin')
        : readTextFile(resolve(workingDirectory, path), path),
    fileMode: async (path) => {
      if (path === '-' || process.platform === 'win32') return null;
      return (await stat(resolve(workingDirectory, path)).catch(() => null))?.mode ?? null;
    },
    random: Math.random,
    write: writeToStdout(),
    say: (line) => {
      // What was typed, and what others answered, is quoted in sentences; a token in it stays out of the log (A102).
      const shown = line.startsWith(maskCommand) ? line : withoutTokens(line);
      process.stderr.write(`${shown}\n`);
    },
    isTerminal: process.stdout.isTTY,
  };
};

/** A reader that has seen enough, as `head` has, is no fault. */
const writeToStdout = (): CommandContext['write'] => {
  let isWatched = false;
  return (output) => {
    if (!isWatched)
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
      });
    isWatched = true;
    process.stdout.write(output);
  };
};

const readTextFile = async (path: string, name: string): Promise<string | null> => {
  try {
    return await readBounded(createReadStream(path), name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === undefined) throw error;
    throw misused(`${name} cannot be read (${code})`);
  }
};

/** Reads to the end, and stops where it is plain that this is no token and no key. */
const readBounded = async (stream: AsyncIterable<Uint8Array>, name: string): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > maxTextBytes) throw misused(`${name} holds more than ${maxTextBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Loaded only here: most commands run nothing. */
const runProgram: CommandContext['run'] = async (program, args, input) => {
  const { spawn } = await import('node:child_process');
  const { text } = await import('node:stream/consumers');
  return new Promise((resolvePromise, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: programTimeoutMilliseconds,
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'EACCES'
        ? resolvePromise({ code: null, stdout: '', stderr: '' })
        : reject(error),
    );
    child.on('close', (code) => {
      output.then(([stdout, stderr]) => resolvePromise({ code: code ?? 1, stdout, stderr }), reject);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
};
