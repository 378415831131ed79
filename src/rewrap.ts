import { existsSync } from 'node:fs';
import { systemClock } from './adapters/clock/system-clock.ts';
import { newId } from './adapters/identifiers/new-id.ts';
import { loadKeyEncryptionKey } from './adapters/signing/key-encryption-key.ts';
import { createKeyRewrapping } from './adapters/signing/local.ts';
import { openStorage } from './adapters/storage/open-storage.ts';
import { loadConfiguration } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { KeysInUse, type Rewrapped, rewrapSigningKeys } from './keys/rewrap-signing-keys.ts';
import { CannotOpenSigningKey } from './ports/signing-backend.ts';
import { StartRefused } from './ports/start-refused.ts';
import { StoreUnavailable } from './ports/storage.ts';

/** What the operator says, and what the process brings. */
export interface RewrapOrder {
  /** `--config FILE`, or `null`. */
  readonly file: string | null;
  readonly fromKeyFile: string;
  /** `null`: the key the server would be started with. */
  readonly toKeyFile: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What came of it. `failed` says which kind of trouble it was; then nothing was changed. */
export type RewrapOutcome =
  | ({ readonly failed: null } & Rewrapped)
  | { readonly failed: 'usage' | 'refused' | 'unreachable'; readonly lines: readonly string[] };

const usage = (...lines: string[]): RewrapOutcome => ({ failed: 'usage', lines });
const refused = (...lines: string[]): RewrapOutcome => ({ failed: 'refused', lines });

/**
 * Encrypts the stored signing keys under a new key-encryption key, beside a server that is stopped: it uses the store and
 * its settings, and never listens.
 */
export const rewrapKeys = async (order: RewrapOrder): Promise<RewrapOutcome> => {
  const loaded = await loadConfiguration({
    file: order.file,
    environment: order.environment,
    workingDirectory: process.cwd(),
    parsers: {},
  });
  if (!loaded.ok) return usage(...loaded.error);
  const configuration = loaded.value;
  const { dataDir, databaseUrl } = configuration;

  const from = await loadKeyEncryptionKey({ file: order.fromKeyFile, dataDir, allowCreate: false });
  if (!from.ok) return usage(from.error);
  const to = await loadKeyEncryptionKey({ ...newKeyOf(order, configuration), dataDir, allowCreate: false });
  if (!to.ok) return usage(to.error);
  // Opening makes a file where there is none, and nobody wants an empty store.
  if (databaseUrl.startsWith('sqlite:') && !existsSync(databaseUrl.slice('sqlite:'.length)))
    return usage(`There is no database at ${databaseUrl}: set BUREAU_DATA_DIR or BUREAU_DATABASE_URL.`);

  try {
    const storage = await openStorage({ url: databaseUrl });
    try {
      const rewrap = createKeyRewrapping(from.value, to.value);
      return { failed: null, ...(await rewrapSigningKeys({ storage, rewrap, clock: systemClock, newId })) };
    } finally {
      await storage.close();
    }
  } catch (error) {
    if (error instanceof StoreUnavailable)
      return { failed: 'unreachable', lines: ['The store does not answer; nothing was changed.'] };
    if (error instanceof StartRefused) return refused(...error.lines);
    if (error instanceof KeysInUse) return refused(`${error.message}; nothing was changed`);
    if (error instanceof CannotOpenSigningKey)
      return refused(`Neither key-encryption key opens every key; nothing was changed. ${error.message}`);
    throw error;
  }
};

const newKeyOf = (
  { toKeyFile }: RewrapOrder,
  { keyEncryptionKey, keyEncryptionKeyFile }: Configuration,
): { readonly value?: string | undefined; readonly file?: string | undefined } =>
  toKeyFile === null ? { value: keyEncryptionKey, file: keyEncryptionKeyFile } : { file: toKeyFile };
