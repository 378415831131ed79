import { randomUUID } from 'node:crypto';
import { lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { misused } from '../command-failed.ts';

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * The file that is replaced when `path` is written: itself, or what a symbolic link leads to, which may be absent too. Anything
 * else that stands there is somebody's: a device, a pipe, a folder.
 *
 * @throws CommandFailed (misused) for what is neither absent nor a file
 */
export const findReplacedFile = async (path: string): Promise<string> => {
  try {
    // stat, because what /dev/stdout leads to has no path that could be read.
    const found = await absentAsNull(stat(path));
    if (found?.isFile()) return (await lstat(path)).isSymbolicLink() ? await realpath(path) : path;
    if (found !== null) throw misused(`${path} is not a file, and only a file is replaced`);
    return await followToAbsent(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

const followToAbsent = async (path: string): Promise<string> => {
  let place = path;
  for (let followed = 0; followed < mostLinks; followed++) {
    const found = await absentAsNull(lstat(place));
    if (found === null) return place;
    place = resolve(await realpath(dirname(place)), await readlink(place));
  }
  throw misused(`${path} cannot be written (ELOOP)`);
};

const absentAsNull = async <T>(found: Promise<T>): Promise<T | null> => {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/**
 * Puts `content` in the place of a file, so that a reader sees the old one or the new one and nothing between. Only the
 * owner may read it.
 *
 * @throws CommandFailed (misused) where the folder does not allow it, or as {@link findReplacedFile}
 */
export const writeTokenFile = async (path: string, content: string): Promise<void> => {
  const place = await findReplacedFile(path);
  const temporary = join(dirname(place), `.${basename(place)}.${randomUUID()}`);
  try {
    // wx: never through a link or into a file that somebody laid there.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, place);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWrite(path, error);
  }
};

const cannotWrite = (path: string, error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : misused(`${path} cannot be written (${code})`);
};
