import type { PublicJwk } from '../jwt/jwk.ts';
import type { SignatureAlgorithm } from '../jwt/algorithms.ts';
import type { EpochMilliseconds } from '../time.ts';
import type { Status } from './service-account.ts';

/** A public key of a service account for `private_key_jwt`, pinned to one algorithm (CA-17). */
export interface AccountKey {
  readonly tenant: string;
  readonly id: string;
  readonly accountId: string;
  /** RFC 7638 SHA-256 thumbprint. */
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly status: Status;
  readonly expiresAt: EpochMilliseconds | null;
  readonly createdAt: EpochMilliseconds;
  readonly lastUsedAt: EpochMilliseconds | null;
}
