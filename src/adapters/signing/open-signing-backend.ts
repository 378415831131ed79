import type { SigningBackend } from '../../ports/signing-backend.ts';
import { createLocalSigningBackend } from './local.ts';
import { createPkcs11SigningBackend } from './pkcs11.ts';
import { pkcs11Prefix } from './pkcs11-module.ts';
import { loadPkcs11Package, openPkcs11Token, type Pkcs11Options } from './pkcs11-token.ts';

export type { Pkcs11Options };

/** Which backend makes signing keys, and what it needs. */
export interface SigningBackendOptions {
  /** For keys that are made, or were made once, in this process. */
  readonly keyEncryptionKey: Uint8Array;
  /** The token in which keys are made from now on; `null` where they are made in this process. */
  readonly pkcs11: Pkcs11Options | null;
  readonly reportFault: (error: unknown) => void;
}

/** A backend that must be closed. */
export interface OpenedSigningBackend extends SigningBackend {
  close(): Promise<void>;
}

/**
 * Opens the configured signing backend. A new backend is one file here, one line below, and passes the contract suite.
 *
 * With a token, keys made in this process before go on signing until their turn is over: a row says by itself which of the
 * two it belongs to.
 *
 * @throws {StartRefused} when the token cannot be used
 */
export const openSigningBackend = async ({
  keyEncryptionKey,
  pkcs11,
  reportFault,
}: SigningBackendOptions): Promise<OpenedSigningBackend> => {
  const local = createLocalSigningBackend({ keyEncryptionKey });
  if (pkcs11 === null) return { ...local, close: async () => undefined };
  const Library = await loadPkcs11Package();
  const token = await openPkcs11Token(pkcs11, () => new Library());
  return {
    ...joinBackends(createPkcs11SigningBackend(token, reportFault), local),
    close: async () => token.close(),
  };
};

/** Makes keys in `token`, and opens each where it was made. */
export const joinBackends = (token: SigningBackend, local: SigningBackend): SigningBackend => {
  const backendOf = (sealedPrivateKey: string): SigningBackend =>
    sealedPrivateKey.startsWith(pkcs11Prefix) ? token : local;
  return {
    generate: (purpose, algorithm) => token.generate(purpose, algorithm),
    open: (key) => backendOf(key.sealedPrivateKey).open(key),
    destroy: (key) => backendOf(key.sealedPrivateKey).destroy(key),
  };
};
