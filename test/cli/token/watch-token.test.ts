import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refused, unreachable } from '../../../src/cli/command-failed.ts';
import { runToken } from '../../../src/cli/token/run-token.ts';
import { watchToken } from '../../../src/cli/token/watch-token.ts';
import { writeTokenFile } from '../../../src/cli/token/write-token-file.ts';
import type { TokenAnswer } from '../../../src/cli/token/token-answer.ts';
import { makePipe } from '../make-pipe.ts';
import { createFakeWorld, failureOf, worldStart } from './fake-world.ts';

const lifeSeconds = 900;

/** Watches in a world that is stopped after `tokens` writes or `hours`, and says when what happened, in seconds. */
const watch = async (
  outcomes: readonly ('token' | Error)[],
  { hours = 1, tokens = outcomes.length }: { readonly hours?: number; readonly tokens?: number } = {},
) => {
  const world = createFakeWorld();
  const seconds = (): number => (world.now() - worldStart) / 1000;
  const asked: { readonly at: number; readonly maxWaitSeconds: number }[] = [];
  const written: number[] = [];
  world.onSleep = () => {
    if (written.length >= tokens || seconds() > hours * 3600) world.stop();
  };
  const ended = watchToken(world, {
    maxWaitSeconds: 60,
    request: async (maxWaitSeconds) => {
      const outcome = outcomes[asked.length] ?? 'token';
      asked.push({ at: seconds(), maxWaitSeconds });
      if (outcome !== 'token') throw outcome;
      const answer: Partial<TokenAnswer> = { expiresAt: world.now() + lifeSeconds * 1000 };
      return answer as TokenAnswer;
    },
    write: async () => void written.push(seconds()),
  });
  return { ended, asked, written, world };
};

describe('--watch (contract §6)', () => {
  it('refreshes well before expiry, again and again, until it is told to stop', async () => {
    const { ended, asked, written } = await watch([], { tokens: 4 });
    await ended;
    expect(written).toHaveLength(4);
    for (const [index, { at }] of asked.entries()) {
      if (index === 0) continue;
      const age = at - (asked[index - 1]?.at ?? 0);
      expect(age).toBeGreaterThanOrEqual(0.55 * lifeSeconds);
      expect(age).toBeLessThanOrEqual(0.7 * lifeSeconds);
    }
  });

  it('not at the same time everywhere', async () => {
    const ages = await Promise.all(
      [0, 0.999].map(async (chance) => {
        const world = { ...createFakeWorld(), random: () => chance };
        const stopper = new AbortController();
        let until = 0;
        await watchToken(
          {
            ...world,
            stopping: stopper.signal,
            sleep: async (milliseconds) => {
              until += milliseconds;
              if (milliseconds < 30_000) stopper.abort();
            },
            now: () => worldStart + until,
          },
          {
            maxWaitSeconds: 60,
            request: async () => ({ expiresAt: worldStart + until + lifeSeconds * 1000 }) as TokenAnswer,
            write: async () => undefined,
          },
        );
        return until / 1000;
      }),
    );
    expect(ages[0]).toBeCloseTo(0.55 * lifeSeconds, 0);
    expect(ages[1]).toBeCloseTo(0.7 * lifeSeconds, 0);
  });

  it('a refresh that fails: the old file stays, it is said, and tried again with growing pauses', async () => {
    const outage = unreachable('unreachable: nobody there');
    const { ended, asked, written, world } = await watch(['token', outage, outage, outage, 'token'], {
      tokens: 2,
    });
    await ended;
    expect(written).toHaveLength(2);
    const pauses = asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
    expect(pauses.slice(1)).toEqual([0.75, 1.5, 3]);
    expect(world.err()).toMatch(
      /bureau: unreachable: nobody there\nbureau: no fresh token; the old one stays, valid for \d+ s more; trying again in 1 s/,
    );
  });

  it('refused later: said, and tried again; after expiry that is said too', async () => {
    const no = refused('refused: invalid_client');
    const { ended, written, world } = await watch(['token', ...Array.from({ length: 200 }, () => no)], {
      hours: 0.4,
      tokens: 2,
    });
    await ended;
    expect(written).toHaveLength(1);
    expect(world.err()).toContain('bureau: refused: invalid_client');
    expect(world.err()).toContain('the old one stays, and has expired');
  });

  it('a busy server is waited for longer once there is a token', async () => {
    const { ended, asked } = await watch([], { tokens: 2 });
    await ended;
    expect(asked.map(({ maxWaitSeconds }) => maxWaitSeconds)).toEqual([60, 900]);
  });

  it.each([
    ['refused', refused('refused: no'), 1],
    ['unreachable', unreachable('unreachable: x'), 3],
  ])('%s at the very first attempt: it ends', async (_title, outcome, code) => {
    const { ended, written } = await watch([outcome]);
    expect((await failureOf(ended)).code).toBe(code);
    expect(written).toEqual([]);
  });

  it.each(['before anything was asked', 'in the middle of the first request'])(
    'told to stop %s: exit 3 and a line that says so, because there is no file',
    async (when) => {
      const world = createFakeWorld();
      if (when.startsWith('before')) world.stop();
      const ended = watchToken(world, {
        maxWaitSeconds: 60,
        request: async () => {
          world.stop();
          throw unreachable('unreachable: it was told to stop');
        },
        write: async () => undefined,
      });
      expect(await failureOf(ended)).toEqual({
        code: 3,
        text: 'stopped before the first token was written',
      });
    },
  );
});

describe('the file of --watch', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-'));
  });
  afterEach(async () => {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true, force: true });
  });

  it('A102 mode 0600, and nothing beside it', async () => {
    await writeTokenFile(join(folder, 'token'), 'one\n');
    expect((await stat(join(folder, 'token'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['token']);
  });

  it('a file that is there is replaced whole, whatever its mode; who had it open keeps the old one', async () => {
    const path = join(folder, 'token');
    await writeFile(path, 'old', { mode: 0o644 });
    await link(path, join(folder, 'opened'));
    await writeTokenFile(path, 'new\n');
    expect(await readFile(path, 'utf8')).toBe('new\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'opened'), 'utf8')).toBe('old');
  });

  it.each([
    ['a file', true],
    ['a place where nothing is yet', false],
  ])('a link to %s stays, and what it leads to is replaced in its own folder', async (_title, isThere) => {
    await mkdir(join(folder, 'real'));
    const real = join(folder, 'real', 'token');
    if (isThere) await writeFile(real, 'old');
    await symlink(join('real', 'token'), join(folder, 'second'));
    await symlink(join(folder, 'second'), join(folder, 'token'));
    await writeTokenFile(join(folder, 'token'), 'new');
    expect(await readFile(real, 'utf8')).toBe('new');
    expect((await lstat(join(folder, 'token'))).isSymbolicLink()).toBe(true);
    expect((await lstat(join(folder, 'second'))).isSymbolicLink()).toBe(true);
    expect((await stat(real)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'real'))).toEqual(['token']);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['a pipe', async (path) => makePipe(path)],
    ['a folder', (path) => mkdir(path)],
    [
      'a link to a pipe',
      async (path) => {
        makePipe(`${path}.pipe`);
        await symlink(`${path}.pipe`, path);
      },
    ],
    ['a link to a folder', (path) => symlink(folder, path)],
    ['a link to itself', (path) => symlink(path, path)],
  ])('%s in its place is not replaced: exit 2, before anything is asked', async (_title, put) => {
    const path = join(folder, 'token');
    await put(path);
    const before = await lstat(path);
    expect((await failureOf(writeTokenFile(path, 'new'))).code).toBe(2);
    const world = createFakeWorld();
    const asked = runToken(world, { server: 'https://sts.example.com', subjectToken: 'x', watch: path });
    const { code, text } = await failureOf(asked);
    expect(code).toBe(2);
    expect(text).toContain(path);
    expect({ calls: world.calls, said: world.err() }).toEqual({ calls: [], said: '' });
    const after = await lstat(path);
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
  });

  it('no such folder, or a folder in its place: exit 2, and nothing is left', async () => {
    expect(await failureOf(writeTokenFile(join(folder, 'nix', 'token'), 'x'))).toMatchObject({
      code: 2,
      text: expect.stringMatching(/cannot be written \(ENOENT\)/),
    });
    await mkdir(join(folder, 'token'));
    expect((await failureOf(writeTokenFile(join(folder, 'token'), 'x'))).code).toBe(2);
    expect(await readdir(folder)).toEqual(['token']);
  });
});
