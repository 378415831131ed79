import type { AccessTokenAlgorithm } from '../jwt/algorithms.ts';
import type { PublicJwk } from '../jwt/jwk.ts';
import type { EpochMilliseconds } from '../time.ts';

/** What a key signs; keys of one purpose are never published for the other (AT-17, SV-15). */
export type KeyPurpose = 'access-token' | 'jwt-svid';

/** prepared (published, not used) → active → retired (published until the last token dies) → gone (contract §1). */
export type KeyState = 'prepared' | 'active' | 'retired';

/** A signing key of ours. The private half is {@link sealedPrivateKey}: encrypted, bound to kid and purpose. */
export interface SigningKey {
  readonly tenant: string;
  /** RFC 7638 SHA-256 thumbprint (MD-12). */
  readonly kid: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: AccessTokenAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly sealedPrivateKey: string;
  readonly state: KeyState;
  readonly createdAt: EpochMilliseconds;
  readonly activatedAt: EpochMilliseconds | null;
  readonly retiredAt: EpochMilliseconds | null;
}
