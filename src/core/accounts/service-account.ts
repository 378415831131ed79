import type { AccessTokenAlgorithm } from '../jwt/algorithms.ts';
import type { EpochMilliseconds } from '../time.ts';
import type { Federation } from '../trust/federation.ts';
import type { RegistrationWarning } from '../trust/lint/warning.ts';
import type { Role } from './role.ts';

/** Whether something may be used right now. */
export type Status = 'enabled' | 'disabled';

/** The identity inside (contract §1): what a third-party token or an own key is exchanged for. */
export interface ServiceAccount {
  readonly tenant: string;
  /** Opaque, random, never reused; also the client id (A73, CA-24). */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Name of the owning team. */
  readonly owningTeam: string;
  /** Name of the use case whose scopes bound {@link scopes}. */
  readonly useCase: string;
  readonly scopes: readonly string[];
  /** As registered; empty means the default of `effectiveAudiences`. */
  readonly audiences: readonly string[];
  readonly role: Role | null;
  readonly status: Status;
  /** `null`: the tenant's. */
  readonly accessTokenAlgorithm: AccessTokenAlgorithm | null;
  /** Never let an access token outlive the token it was exchanged for (TX-15). */
  readonly capToSubjectExpiry: boolean;
  readonly federations: readonly Federation[];
  /** What lint found at the last save; absent where that was before there was lint. */
  readonly warnings?: readonly RegistrationWarning[];
  readonly createdAt: EpochMilliseconds;
  readonly updatedAt: EpochMilliseconds;
  /** Grows by one at each change; the ETag. */
  readonly version: number;
}
