import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const shortest = [
  '--only',
  'rs256,own-key,hostile',
  '--rounds',
  '1',
  '--seconds',
  '0.3',
  '--warm-up',
  '0.2',
  '--tokens',
  '64',
  '--connections',
  '4',
];

/** Servers start and are held to the work; on a busy machine that takes its time. */
const patienceMs = 240_000;

/** Processes that still work in this folder, removed or not; none where the system does not tell. */
const processesIn = (folder: string): readonly string[] =>
  process.platform !== 'linux'
    ? []
    : readdirSync('/proc').filter((pid) => {
        try {
          return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        } catch {
          return false;
        }
      });

describe('the benchmark as a program', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bureau-bench-test-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'], TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, said, code };
  };

  it('runs every contender through the doors and leaves nothing behind', {
    timeout: patienceMs,
  }, async () => {
    const { said, code } = start(shortest);
    expect({ code: await code, said: said.stderr }).toMatchObject({ code: 0 });
    for (const name of ['bureau', 'oidc-provider', 'jose in Fastify'])
      expect(said.stdout.match(new RegExp(`^\\| ${name} \\| \\*\\*[\\d,]+\\*\\*`, 'gm'))).toHaveLength(2);
    expect(said.stdout).toContain('0 errors');
    expect(said.stdout).not.toContain('Void');
    expect(readdirSync(folder)).toEqual([]);
    await expect.poll(() => processesIn(folder)).toEqual([]);
  });

  it('ends at once with Ctrl-C and leaves nothing behind', { timeout: patienceMs }, async () => {
    const { child, said, code } = start(shortest.with(5, '60'));
    await new Promise<void>((resolve) => {
      child.stderr.on('data', () => {
        if (said.stderr.includes('warm-up')) resolve();
      });
      child.on('close', () => resolve());
    });
    child.kill('SIGINT');
    expect({ code: await code, said: said.stderr }).toMatchObject({ code: 130 });
    expect(readdirSync(folder)).toEqual([]);
    await expect.poll(() => processesIn(folder)).toEqual([]);
  });

  it('a wrong command line ends with 2 and starts nothing', async () => {
    const { said, code } = start(['--fast']);
    expect(await code).toBe(2);
    expect(said.stderr).toContain('usage: npm run bench');
  });
});
