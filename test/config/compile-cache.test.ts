import { chmod, lstat, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const file = pathToFileURL(join(import.meta.dirname, '../../config/tools/compile-cache.mjs')).href;
const { compileCacheFolder } = (await import(file)) as {
  compileCacheFolder: (root: string) => string | undefined;
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bureau-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const folderOf = (place: string) => join(place, 'node_modules/.cache/compile');

describe('the folder of what was compiled', () => {
  it('lies beside the code, made so that nobody else can look into it, and is found again', async () => {
    expect(compileCacheFolder(root)).toBe(folderOf(root));
    expect((await lstat(folderOf(root))).mode & 0o777).toBe(0o700);
    expect(compileCacheFolder(root)).toBe(folderOf(root));
  });

  it.each([0o777, 0o770, 0o720, 0o702])(
    'is not used with mode %o: code of others would run',
    async (mode) => {
      await mkdir(folderOf(root), { recursive: true });
      await chmod(folderOf(root), mode);
      expect(compileCacheFolder(root)).toBeUndefined();
    },
  );

  it('is not used where it is a link or a file, or cannot be made', async () => {
    await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
    await symlink(tmpdir(), folderOf(root));
    expect(compileCacheFolder(root)).toBeUndefined();
    expect(compileCacheFolder('/dev/null')).toBeUndefined();
  });
});
