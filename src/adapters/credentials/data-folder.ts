import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartRefused } from '../../ports/start-refused.ts';

/**
 * Makes the data folder, readable by nobody else, where there is none.
 *
 * @throws {StartRefused} with one line that names the folder
 */
export const requireDataFolder = async (path: string): Promise<void> => {
  try {
    await makeFolder(path);
  } catch (error) {
    throw new StartRefused([
      `${path}: the data folder cannot be made (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
};

/** Not `recursive: true`, with which Node goes round for ever below a folder that takes no files, such as /proc. */
const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
};
