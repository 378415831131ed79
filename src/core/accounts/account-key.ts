import type { PublicJwk } from '../jwt/jwk.ts';
import type { SignatureAlgorithm } from '../jwt/algorithms.ts';
import type { EpochMilliseconds } from '../time.ts';
import type { Status } from './service-account.ts';

/** A public key of a service account for `private_key_jwt`, pinned to one algorithm (CA-17). */
export interface AccountKey {
  readonly tenant: string;
  readonly id: string;
  readonly accountId: string;
  /** What assertions name it by; the thumbprint unless the owner chose another name. */
  readonly kid: string;
  /** RFC 7638 SHA-256 thumbprint. */
  readonly thumbprint: string;
  readonly algorithm: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly status: Status;
  readonly expiresAt: EpochMilliseconds | null;
  readonly createdAt: EpochMilliseconds;
  /** When an assertion signed with it was last accepted. */
  readonly lastUsedAt: EpochMilliseconds | null;
  /** Grows by one at each change; the ETag. */
  readonly version: number;
}

/** The most keys an account may have: enough to rotate without a gap, few enough to try each (A64; contract §3, §5). */
export const maxKeysPerAccount = 5;

/** Whether assertions signed with `key` are accepted at `now`, asked at every request (A61). */
export const isUsableKey = (key: Pick<AccountKey, 'status' | 'expiresAt'>, now: EpochMilliseconds): boolean =>
  key.status === 'enabled' && (key.expiresAt === null || key.expiresAt > now);
