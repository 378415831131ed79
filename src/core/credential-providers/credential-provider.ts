import type { AccessTokenAlgorithm } from '../jwt/algorithms.ts';
import type { SubjectInput } from '../issuance/svid/svid-subject.ts';
import type { EpochMilliseconds } from '../time.ts';

/** The algorithms a JWT-SVID may be signed with here; Ed25519 is none of SPIFFE's (SV-07). */
export type SvidAlgorithm = AccessTokenAlgorithm;

/** A claim that a JWT-SVID carries beside the ones it always has. */
export type CustomClaim =
  | { readonly name: string; readonly type: 'literal'; readonly value: string | number | boolean }
  | { readonly name: string; readonly type: 'dynamic'; readonly value: string };

/** A recipe for JWT-SVIDs (contract §1), as it is registered. */
export interface CredentialProvider {
  readonly tenant: string;
  readonly id: string;
  /** Unique within the tenant; what `credential_provider` of a token request names. */
  readonly name: string;
  readonly description: string;
  /** A label that groups providers; it decides nothing. */
  readonly resourceSet: string;
  /** The ids of the accounts that get JWT-SVIDs by it. */
  readonly serviceAccounts: readonly string[];
  readonly subject: SubjectInput;
  readonly audience: string;
  readonly lifetimeMinutes: number;
  readonly algorithm: SvidAlgorithm;
  readonly claims: readonly CustomClaim[];
  readonly createdAt: EpochMilliseconds;
  readonly updatedAt: EpochMilliseconds;
  /** Grows by one at each change; the ETag. */
  readonly version: number;
}
