import type { SigningBackend } from '../../ports/signing-backend.ts';
import { createLocalSigningBackend } from './local.ts';

/** Which backend holds the signing keys, and what it needs. */
export type SigningBackendOptions = { readonly kind: 'local'; readonly keyEncryptionKey: Uint8Array };

/** Opens the configured signing backend. A new backend is one file here, one line below, and passes the contract suite. */
export const openSigningBackend = (options: SigningBackendOptions): SigningBackend => {
  switch (options.kind) {
    case 'local':
      return createLocalSigningBackend(options);
  }
};
