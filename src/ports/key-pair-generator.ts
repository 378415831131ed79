import type { AccountKeyAlgorithm } from '../core/accounts/account-key-algorithm.ts';
import type { PublicJwk } from '../core/jwt/jwk.ts';

/** A fresh key pair of an account. The private half is handed out once and kept nowhere (A62). */
export interface AccountKeyPair {
  /** The public members alone. */
  readonly publicJwk: PublicJwk;
  /** RFC 7638 SHA-256 thumbprint of {@link publicJwk}. */
  readonly kid: string;
  /** PKCS#8 PEM. */
  readonly privateKeyPem: string;
}

/** Makes a key pair off the event loop (A63). */
export type GenerateAccountKeyPair = (algorithm: AccountKeyAlgorithm) => Promise<AccountKeyPair>;
