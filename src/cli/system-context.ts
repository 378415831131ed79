import { constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { CommandContext } from './command-context.ts';
import { misused } from './command-failed.ts';
import { maskCommand, withoutTokens } from './token/printable.ts';

/** The longest text read from a file or stdin; tokens and keys are far smaller. */
const maxTextBytes = 1_048_576;

const programTimeoutMilliseconds = 30_000;

/** How long a command that was told to stop may need to end; what holds it longer cannot be called back. */
const stopMilliseconds = 5000;

/** What a pipe takes whole or not at all (POSIX, `PIPE_BUF`). */
const pipeBufferBytes = 4096;

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
        process.once(signal, () => {
          controller.abort(new Error(signal));
          // A second one ends the process, wherever it is.
          setTimeout(() => process.kill(process.pid, signal), stopMilliseconds).unref();
        });
      stopping = controller;
    }
    return stopping.signal;
  };
  const stdout = createOutput();
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
    run: (program, args, input) => runProgram(program, args, input, stopping?.signal),
    readText: (path) =>
      path === '-'
        ? readBounded(process.stdin, 'stdin', stopping?.signal)
        : readTextFile(resolve(workingDirectory, path), path, stopping?.signal),
    readBytes: (path) => readFileBytes(resolve(workingDirectory, path), path),
    fileMode: async (path) => {
      if (path === '-' || process.platform === 'win32') return null;
      return (await stat(resolve(workingDirectory, path)).catch(() => null))?.mode ?? null;
    },
    random: Math.random,
    write: stdout.write,
    written: stdout.written,
    say: (line) => {
      // What was typed, and what others answered, is quoted in sentences; a token in it stays out of the log (A102).
      const shown = line.startsWith(maskCommand) ? line : withoutTokens(line);
      // A log on a full disk is no reason to stop.
      if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
      process.stderr.write(`${shown}\n`);
    },
    isTerminal: process.stdout.isTTY,
  };
};

/** Stdout, whose faults come later than the call that made them. */
const createOutput = (): Pick<CommandContext, 'write' | 'written'> => {
  let isWatched = false;
  let hasWritten = false;
  let fault: NodeJS.ErrnoException | null = null;
  let last: Promise<void> = Promise.resolve();
  const ended = (bytes: number, error: NodeJS.ErrnoException | null | undefined): void => {
    // A reader that has seen enough, as `head` has, is no fault; one that took nothing is.
    const isRead = error?.code === 'EPIPE' && (hasWritten || bytes > pipeBufferBytes);
    if (error && !isRead) fault ??= error;
    else hasWritten = true;
  };
  return {
    write: (output) => {
      if (!isWatched) process.stdout.on('error', () => undefined);
      isWatched = true;
      last = new Promise((done) => {
        process.stdout.write(output, (error) => {
          ended(Buffer.byteLength(output), error);
          done();
        });
      });
    },
    written: async () => {
      await last;
      if (fault === null) return;
      const why = fault.code === 'EPIPE' ? 'it is closed' : (fault.code ?? 'unknown error');
      throw misused(`stdout cannot be written (${why})`);
    },
  };
};

const readTextFile = async (
  path: string,
  name: string,
  stopping: AbortSignal | undefined,
): Promise<string | null> => {
  try {
    return await readBounded(await openStream(path), name, stopping);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === undefined) throw error;
    throw misused(`${name} cannot be read (${code})`);
  }
};

async function* readFileBytes(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw misused(code === 'ENOENT' ? `there is no file ${name}` : `${name} cannot be read (${code})`);
  }
}

/** A named pipe is opened at once and waited for: to open it as a file takes a thread that nothing calls back. */
const openStream = async (path: string): Promise<Readable> => {
  if (!(await stat(path)).isFIFO()) return createReadStream(path);
  const { Socket } = await import('node:net');
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true });
};

/** Reads to the end, and stops where it is plain that this is no token and no key. */
const readBounded = async (
  stream: Readable,
  name: string,
  stopping: AbortSignal | undefined,
): Promise<string> => {
  if (stopping !== undefined) addAbortSignal(stopping, stream);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxTextBytes) throw misused(`${name} holds more than ${maxTextBytes} bytes`);
    chunks.push(chunk);
  }
  // Without the byte order mark that editors and shells of Windows put before it.
  return new TextDecoder().decode(Buffer.concat(chunks));
};

/** Loaded only here: most commands run nothing. */
const runProgram = async (
  program: string,
  args: readonly string[],
  input: string | undefined,
  stopping: AbortSignal | undefined,
): ReturnType<CommandContext['run']> => {
  const { spawn } = await import('node:child_process');
  const { text } = await import('node:stream/consumers');
  return new Promise((resolvePromise, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: programTimeoutMilliseconds,
      ...(stopping === undefined ? {} : { signal: stopping }),
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    output.catch(() => undefined);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES')
        return resolvePromise({ code: null, stdout: '', stderr: '' });
      // What it started itself may hold them open.
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      reject(error);
    });
    child.on('close', (code) => {
      output.then(([stdout, stderr]) => resolvePromise({ code: code ?? 1, stdout, stderr }), reject);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
};
