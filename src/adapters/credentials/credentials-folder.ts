import { access, link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialsVault } from '../../ports/credentials-vault.ts';

const finalName = 'admin.json';
const pendingName = 'admin.json.pending';

/** Thrown when the final name is taken: somebody else's credentials are never overwritten. */
export class CredentialsFileExists extends Error {
  override readonly name = 'CredentialsFileExists';
}

/** `admin.json` in the data folder, mode 0600, written once and never again (contract §2). */
export const createCredentialsFolder = (dataDir: string): CredentialsVault => {
  const finalPath = join(dataDir, finalName);
  const pendingPath = join(dataDir, pendingName);

  const refuseToOverwrite = (): never => {
    throw new CredentialsFileExists(
      `${finalPath} exists already but the database is new; move it away (it belongs to another database) and start again`,
    );
  };

  return {
    put: async (credentials) => {
      if (await exists(finalPath)) refuseToOverwrite();
      await rm(pendingPath, { force: true });
      const file = await open(pendingPath, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(dataDir);
    },
    pendingAccount: async () => {
      try {
        const { serviceAccountId } = JSON.parse(await readFile(pendingPath, 'utf8')) as {
          serviceAccountId?: unknown;
        };
        return typeof serviceAccountId === 'string' ? serviceAccountId : '';
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        if (error instanceof SyntaxError) return '';
        throw error;
      }
    },
    show: async () => {
      try {
        // A link, unlike a rename, fails when the name is taken.
        await link(pendingPath, finalPath);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      await rm(pendingPath, { force: true });
      await syncFolder(dataDir);
    },
    discard: () => rm(pendingPath, { force: true }),
  };
};

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
