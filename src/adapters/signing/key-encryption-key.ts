import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../core/result.ts';
import { keyEncryptionKeyLength } from './local.ts';

/** The name of the file made at the first start, in the data folder. */
export const keyEncryptionKeyFile = 'key-encryption.key';

/** Nobody else: for the file we make ourselves. */
const forbiddenForOurs = 0o077;
/** A group may read: orchestrators mount secrets as 0440 or 0640. */
const forbiddenForMounted = 0o037;

const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const howToMakeOne = 'make one with: openssl rand -base64 32';

/** A process that makes the file right now is done after this long. */
const makingTakes = { tries: 10, pauseMs: 20 } as const;

/**
 * Finds the key that encrypts our signing keys at rest (contract §2): given as a value, in a named file, or in the data
 * folder, where it is made at the first start. Nothing that exists is ever overwritten.
 *
 * @param value base64 of 32 bytes, from BUREAU_KEY_ENCRYPTION_KEY
 * @param file from BUREAU_KEY_ENCRYPTION_KEY_FILE
 * @param allowCreate false once anything was encrypted: then a new key could open none of it
 * @returns the key, or one sentence for the operator that holds nothing secret
 */
export const loadKeyEncryptionKey = async ({
  value,
  file,
  dataDir,
  allowCreate,
}: {
  readonly value?: string | undefined;
  readonly file?: string | undefined;
  readonly dataDir: string;
  readonly allowCreate: boolean;
}): Promise<Result<Uint8Array, string>> => {
  if (value !== undefined && file !== undefined)
    return fail(
      'BUREAU_KEY_ENCRYPTION_KEY and BUREAU_KEY_ENCRYPTION_KEY_FILE are both set: keep one of them.',
    );
  if (value !== undefined) return parseKey('BUREAU_KEY_ENCRYPTION_KEY', value);
  if (file !== undefined) {
    const read = await readKeyFile(file, forbiddenForMounted, '0400');
    return read === 'absent' ? fail(`The key-encryption key file ${file} does not exist.`) : read;
  }
  const path = join(dataDir, keyEncryptionKeyFile);
  const kept = await readKeyFile(path, forbiddenForOurs, '0600');
  if (kept !== 'absent') return kept;
  if (!allowCreate)
    return fail(
      `The key-encryption key file ${path} is missing and the store holds signing keys that only it can open: put it back from your backup, or set BUREAU_KEY_ENCRYPTION_KEY.`,
    );
  return createKeyFile(dataDir, path);
};

const parseKey = (where: string, text: string): Result<Uint8Array, string> => {
  const trimmed = text.trim();
  if (trimmed === '')
    return fail(`${where} is empty: it needs base64 of ${keyEncryptionKeyLength} bytes; ${howToMakeOne}`);
  const key = Buffer.from(trimmed, 'base64');
  // The decoder skips what it does not know, and would make a key of anything.
  if (!canonicalBase64.test(trimmed) || key.toString('base64') !== trimmed)
    return fail(
      `${where} is not base64: it needs base64 of ${keyEncryptionKeyLength} bytes; ${howToMakeOne}`,
    );
  if (key.length !== keyEncryptionKeyLength)
    return fail(`${where} holds ${key.length} bytes and needs ${keyEncryptionKeyLength}; ${howToMakeOne}`);
  return ok(key);
};

const readKeyFile = async (
  path: string,
  forbiddenMode: number,
  remedy: string,
): Promise<Result<Uint8Array, string> | 'absent'> => {
  for (let attempt = 1; ; attempt += 1) {
    const content = await readWithMode(path);
    if (!content.ok)
      return content.error === 'ENOENT'
        ? 'absent'
        : fail(`The key-encryption key file ${path} cannot be read: ${content.error}.`);
    const { mode, text } = content.value;
    if ((mode & forbiddenMode) !== 0)
      return fail(
        `The key-encryption key file ${path} is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod ${remedy} ${path}`,
      );
    // Empty for a moment while another process of a first start makes it.
    if (text !== '' || attempt === makingTakes.tries)
      return parseKey(`The key-encryption key file ${path}`, text);
    await sleep(makingTakes.pauseMs);
  }
};

/** Mode and content of one and the same file, whatever happens to its name meanwhile. The error is a system code. */
const readWithMode = async (path: string): Promise<Result<{ mode: number; text: string }, string>> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY);
    const { mode } = await handle.stat();
    // Windows has no such modes and reports 0666 for every file.
    return ok({ mode: process.platform === 'win32' ? 0 : mode, text: await handle.readFile('utf8') });
  } catch (error) {
    return fail(systemCode(error));
  } finally {
    await handle?.close();
  }
};

const createKeyFile = async (dataDir: string, path: string): Promise<Result<Uint8Array, string>> => {
  const key = randomBytes(keyEncryptionKeyLength);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await handle.writeFile(`${key.toString('base64')}\n`);
      await handle.sync();
    } catch (error) {
      // Half a key would stop every later start.
      await unlink(path);
      throw error;
    } finally {
      await handle.close();
    }
    await syncFolder(dataDir);
    return ok(key);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EEXIST') return fail(`The key-encryption key file ${path} cannot be made: ${code}.`);
    const other = await readKeyFile(path, forbiddenForOurs, '0600');
    return other === 'absent'
      ? fail(`The key-encryption key file ${path} comes and goes: another process changes it.`)
      : other;
  }
};

/** Makes the name of a new file as durable as its content; Windows does so by itself and cannot open a folder. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
