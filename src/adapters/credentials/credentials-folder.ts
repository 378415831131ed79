import { link, lstat, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialsVault } from '../../ports/credentials-vault.ts';
import { StartRefused } from '../../ports/start-refused.ts';

const finalName = 'admin.json';
const pendingName = /^admin\.json\.([0-9a-f-]{36})\.pending$/;

/** `admin.json` in the data folder, mode 0600, written once and never again (contract §2). */
export const createCredentialsFolder = (dataDir: string): CredentialsVault => {
  const finalPath = join(dataDir, finalName);
  const pendingPath = (accountId: string): string => join(dataDir, `${finalName}.${accountId}.pending`);

  return {
    put: async (credentials) => {
      if (await isTaken(finalPath))
        throw new StartRefused([
          `${finalPath} exists already but the database is new; move it away (it belongs to another database) and start again`,
        ]);
      try {
        const file = await open(pendingPath(credentials.serviceAccountId), 'wx', 0o600);
        try {
          await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
          await file.sync();
        } finally {
          await file.close();
        }
        await syncFolder(dataDir);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new StartRefused(
          [`${dataDir}: the administrator's credentials cannot be written there (${code})`],
          {
            cause: error,
          },
        );
      }
    },
    pending: async () =>
      (await readdir(dataDir)).flatMap((name) => {
        const accountId = pendingName.exec(name)?.[1];
        return accountId === undefined ? [] : [accountId];
      }),
    show: async (accountId) => {
      try {
        // A link, unlike a rename, fails when the name is taken.
        await link(pendingPath(accountId), finalPath);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
        // Shown before, by this start or by another one that found it pending; else these are the only credentials.
        if (!(await holds(finalPath, accountId)))
          throw new StartRefused(
            [
              `${finalPath} is not the file of this database's administrator; move it away and start again (the credentials wait in ${pendingPath(accountId)})`,
            ],
            { cause: error },
          );
      }
      await rm(pendingPath(accountId), { force: true });
      await syncFolder(dataDir);
    },
    discard: (accountId) => rm(pendingPath(accountId), { force: true }),
  };
};

/** Whether the name is taken, be it by a link that leads nowhere. */
const isTaken = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Whether the file is the credentials of this account. */
const holds = async (path: string, accountId: string): Promise<boolean> => {
  try {
    const { serviceAccountId } = JSON.parse(await readFile(path, 'utf8')) as {
      readonly serviceAccountId?: unknown;
    };
    return serviceAccountId === accountId;
  } catch {
    return false;
  }
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
