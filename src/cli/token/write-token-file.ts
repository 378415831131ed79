import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { misused } from '../command-failed.ts';

/**
 * Puts `content` in the place of a file, so that a reader sees the old one or the new one and nothing between. Only the
 * owner may read it.
 *
 * @throws CommandFailed (misused) where the folder does not allow it
 */
export const writeTokenFile = async (path: string, content: string): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    // wx: never through a link or into a file that somebody laid there.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw misused(`${path} cannot be written (${code})`);
  }
};
