import { type FileHandle, open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { visibleJson } from './visible-text.ts';

/** Where credentials go that the server shows once. */
export interface CredentialsOutput {
  /** What is left for stdout when they have their place: everything, nothing but them, or all but them. */
  readonly stdout: 'everything' | 'credentials' | 'the rest';
  /** Puts them there; whatever happens to the file, they are not lost. */
  readonly put: (credentials: unknown) => Promise<void>;
  /** None came: the place is free again. */
  readonly release: () => Promise<void>;
}

/**
 * Makes sure of the place before anything is asked of the server.
 *
 * @param create opens a file that is not there yet, for its owner alone
 * @throws CommandFailed misused where it is taken, cannot be written, or is not said
 */
export const openCredentialsOutput = async (
  context: CommandContext,
  { out, json }: { readonly out?: string; readonly json?: true },
  create: (path: string) => Promise<FileHandle> = (path) => open(path, 'wx', 0o600),
): Promise<CredentialsOutput> => {
  const write = (credentials: unknown): void => context.write(`${visibleJson(credentials)}\n`);
  const nothing = async (): Promise<void> => undefined;
  if (json === true && (out === undefined || out === '-'))
    return { stdout: 'everything', put: nothing, release: nothing };
  if (out === undefined)
    throw misused(
      'the private key is shown once: --out FILE writes its credentials file (mode 0600), --out - prints it',
    );
  if (out === '-')
    return { stdout: 'credentials', put: async (credentials) => write(credentials), release: nothing };

  const path = resolve(context.workingDirectory, out);
  const file = await create(path).catch((error: NodeJS.ErrnoException) => {
    throw misused(cannotWrite(path, error.code));
  });
  return {
    stdout: 'the rest',
    put: async (credentials) => {
      try {
        await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
        await file.sync();
        await file.close();
        context.say(`bureau: wrote ${path}: these credentials are not shown again`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        context.say(
          `bureau: warning: ${cannotWrite(path, code)}; the only copy of the credentials is on stdout`,
        );
        write(credentials);
        await file.close().catch(() => undefined);
        await rm(path, { force: true });
      }
    },
    release: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
};

const cannotWrite = (path: string, code: string | undefined): string => {
  if (code === 'EEXIST') return `${path} is there already and is never written over`;
  if (code === 'ENOENT') return `${path} cannot be written: its folder is not there`;
  return `${path} cannot be written (${code ?? 'unknown error'})`;
};
