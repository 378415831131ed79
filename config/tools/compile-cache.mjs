// Where Node may keep what it compiled of the sources, for the next start: types are taken out and code is compiled once.
// Plain JavaScript, and only what Node 18 knows.
//
// What lies there is run, so it lies beside what is run: whoever can write to node_modules can change the server anyway.
// Never a folder that others share, such as the temporary one, where somebody may have put code before us; and not the data
// folder, which is restored from backups and mounted elsewhere.
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folder, made where it is missing; `undefined` where there is none that we alone can write. */
export function compileCacheFolder(root) {
  const folder = join(root, 'node_modules', '.cache', 'compile');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isOurs = process.getuid === undefined || found.uid === process.getuid();
    const isOpen = process.platform !== 'win32' && (found.mode & 0o022) !== 0;
    return found.isDirectory() && isOurs && !isOpen ? folder : undefined;
  } catch {
    // A place nobody may write, as in an image: it starts without.
    return undefined;
  }
}
