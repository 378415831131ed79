import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSystemContext } from '../../src/cli/system-context.ts';
import { makePipe } from './make-pipe.ts';
import { startCli } from './token/cli-process.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('files of the command line', () => {
  it.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff'],
  ])('%s before the text: the text', async (_title, before) => {
    const path = join(folder, 'text');
    await writeFile(path, `${before}{"a":"\ufeffä"}`);
    const context = createSystemContext({ environment: {}, workingDirectory: folder, version: '0' });
    expect(await context.readText('text')).toBe('{"a":"\ufeffä"}');
    expect(await context.readText('none')).toBeNull();
  });

  it('a named pipe is waited for, and read to its end', async () => {
    const path = join(folder, 'read-pipe');
    makePipe(path);
    const context = createSystemContext({ environment: {}, workingDirectory: folder, version: '0' });
    const read = context.readText(path);
    spawn('sh', ['-c', 'exec >"$0"; printf one; sleep 0.1; printf two', path], { stdio: 'ignore' });
    expect(await read).toBe('onetwo');
  });
});

describe('stdout of the command line', () => {
  /** `bureau --help` with a stdout of its own. */
  const help = async (stdout: number | 'pipe'): Promise<{ code: number | null; stderr: string }> => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', stdout, 'pipe'] });
    child.stdout?.destroy();
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk));
    return { code: await ended, stderr };
  };

  it('a full disk: one line, exit 2', async () => {
    const full = openSync('/dev/full', 'w');
    expect(await help(full)).toEqual({
      code: 2,
      stderr: 'bureau: stdout cannot be written (ENOSPC)\n',
    });
    closeSync(full);
  });

  it('a reader that took nothing: one line, exit 2', async () => {
    expect(await help('pipe')).toEqual({
      code: 2,
      stderr: 'bureau: stdout cannot be written (it is closed)\n',
    });
  });
});

describe('--watch ends in every phase', () => {
  const waitFor = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 20 });
  const stopped = {
    code: 3,
    signal: null,
    stdout: '',
    stderr: expect.stringContaining('bureau: stopped before the first token was written\n'),
  };

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s, while its source is a pipe without a writer',
    async (signal) => {
      const pipe = join(folder, `pipe-${signal}`);
      makePipe(pipe);
      const cli = startCli(['token', '-v', '-p', pipe, '--watch', join(folder, 'never')]);
      await waitFor(() => expect(cli.stderr()).toContain(`source: credentials file, ${pipe}`));
      cli.kill(signal);
      expect(await cli.ended).toEqual(stopped);
    },
  );

  it('SIGTERM, while a program of the platform gives no answer', async () => {
    const started = join(folder, 'started');
    await writeFile(join(folder, 'buildkite-agent'), '#!/bin/sh\n: >"$STARTED"\nsleep 20\n', { mode: 0o700 });
    const cli = startCli(['token', '-s', 'http://127.0.0.1:1', '--watch', join(folder, 'never')], {
      environment: { BUILDKITE: 'true', STARTED: started, PATH: `${folder}:${process.env['PATH']}` },
    });
    await waitFor(() => expect(existsSync(started)).toBe(true));
    cli.kill('SIGTERM');
    expect(await cli.ended).toEqual(stopped);
  });
});
