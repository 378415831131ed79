import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { StartProgram } from './subject.ts';

/** How a server is started. */
export interface Startable {
  readonly program: URL;
  /** Before `serve`. */
  readonly args: readonly string[];
}

/** Each of the programs a server is started from. */
export type StartPrograms = Readonly<Record<StartProgram, Startable>>;

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The programs a server is started from: what `npm run build` makes, put into `folder` with what an installation has around
 * it, as the image runs it; and the sources, as `npm start` runs them, without npm.
 */
export const prepareStartPrograms = async (folder: string): Promise<StartPrograms> => {
  const installation = join(folder, 'installation');
  await mkdir(installation);
  for (const name of ['package.json', 'node_modules', 'config'])
    await symlink(join(root, name), join(installation, name));
  const dist = join(installation, 'dist');
  await promisify(execFile)(process.execPath, [join(root, 'config/tools/build.ts'), dist]);
  return {
    built: { program: pathToFileURL(join(dist, 'main.js')), args: [] },
    source: {
      program: pathToFileURL(join(root, 'config/tools/with-node.mjs')),
      args: [join(root, 'src/main.ts')],
    },
  };
};
