import { loadKeyEncryptionKey } from './adapters/signing/key-encryption-key.ts';
import {
  type OpenedSigningBackend,
  openSigningBackend,
  type Pkcs11Options,
} from './adapters/signing/open-signing-backend.ts';
import type { Configuration } from './config/schema.ts';
import { defaultTenant } from './core/tenants/tenant.ts';
import { CannotOpenSigningKey } from './ports/signing-backend.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';
import type { Storage } from './ports/storage.ts';

/**
 * Opens what makes and uses our signing keys, as configured.
 *
 * @throws {StartRefused} when the key-encryption key is missing or unusable, or the token is
 */
export const openConfiguredSigning = async (
  configuration: Configuration,
  storage: Storage,
  reportFault: (error: unknown) => void,
): Promise<OpenedSigningBackend> =>
  openSigningBackend({
    keyEncryptionKey: await requireKeyEncryptionKey(configuration, storage),
    pkcs11: pkcs11Of(configuration),
    reportFault,
  });

/**
 * Waits for the signing keys of the default tenant to be opened.
 *
 * @throws {StartRefused} when they were encrypted with another key, or made in another token (contract §2)
 */
export const requireSigningKeys = async (load: () => Promise<void>): Promise<void> => {
  try {
    await load();
  } catch (error) {
    if (!(error instanceof CannotOpenSigningKey)) throw error;
    throw new StartRefused(
      [
        'The key-encryption key is not the one the stored signing keys were encrypted with, or the token not the one they were made in; nothing was changed. Set BUREAU_KEY_ENCRYPTION_KEY_FILE to the right one or, for keys made in a token, BUREAU_SIGNING_BACKEND=pkcs11 and the settings of that token.',
      ],
      { exitCode: exitCodes.configuration },
    );
  }
};

/** Where signing keys are made in a token, how it is found; `null` where they are made in this process. */
const pkcs11Of = ({
  signingBackend,
  pkcs11Module,
  pkcs11TokenLabel,
  pkcs11PinFile,
}: Configuration): Pkcs11Options | null =>
  signingBackend === 'local'
    ? null
    : { module: pkcs11Module ?? '', tokenLabel: pkcs11TokenLabel ?? '', pinFile: pkcs11PinFile ?? '' };

/** A key-encryption key is made on an empty store only: keys sealed with another one exist otherwise. */
const requireKeyEncryptionKey = async (
  configuration: Configuration,
  storage: Storage,
): Promise<Uint8Array> => {
  const { keyEncryptionKey, keyEncryptionKeyFile, dataDir } = configuration;
  const loaded = await loadKeyEncryptionKey({
    ...(keyEncryptionKey === undefined ? {} : { value: keyEncryptionKey }),
    ...(keyEncryptionKeyFile === undefined ? {} : { file: keyEncryptionKeyFile }),
    dataDir,
    allowCreate: (await storage.tenants.find(defaultTenant)) === null,
  });
  if (!loaded.ok) throw new StartRefused([loaded.error], { exitCode: exitCodes.configuration });
  return loaded.value;
};
