import { type Stats, statSync } from 'node:fs';

/** The smallest file SQLite writes: one page of the smallest size. */
const leastBytes = 512;

/**
 * Checks that `path` still names the file that is open. One that was removed, replaced or cut to nothing takes writes as
 * if all were well, and a restart finds none of them.
 *
 * Only by name and size: a second descriptor of a database file, once closed, would drop SQLite's locks.
 *
 * @returns a check that throws when the file is not the one any more
 */
export const watchFile = (path: string): (() => void) => {
  const opened = statSync(path);
  const isSame = (now: Stats | undefined): boolean =>
    now !== undefined && now.ino === opened.ino && now.dev === opened.dev && now.size >= leastBytes;
  return () => {
    if (!isSame(statSync(path, { throwIfNoEntry: false })))
      throw new Error('the database file was removed, replaced or cut while it was open');
  };
};
