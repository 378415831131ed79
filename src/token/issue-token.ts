import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { grant, type Verdict } from '../core/activity/check.ts';
import { buildAccessTokenClaims } from '../core/issuance/access-token.ts';
import { checkIssued } from '../core/issuance/check-issued.ts';
import type { TenantSettings } from '../core/tenants/tenant.ts';
import { type EpochSeconds, toEpochSeconds } from '../core/time.ts';
import type { KeyRing } from '../keys/key-ring-view.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';

/** What issuing uses. */
export interface Issuance {
  readonly keyRing: Pick<KeyRing, 'signer'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

/** For whom, for what and for how long a token is issued; all of it decided before. */
export interface IssuanceOrder {
  readonly tenant: string;
  readonly issuer: string;
  readonly settings: Pick<TenantSettings, 'accessTokenAlgorithm'>;
  readonly account: ServiceAccount;
  readonly audience: string;
  readonly scope: readonly string[];
  /** `exp` of the token that is exchanged; `null` for an own-key assertion. */
  readonly subjectExpiresAt: EpochSeconds | null;
}

/** A signed access token. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly jti: string;
  readonly expiresIn: number;
}

/** Builds, checks and signs an access token (RFC 9068); it must not leave before its activity is durable. */
export const issueToken = async (
  { keyRing, clock, newId }: Issuance,
  order: IssuanceOrder,
): Promise<Verdict<IssuedToken>> => {
  const jti = newId();
  const claims = buildAccessTokenClaims({ ...order, jti, now: toEpochSeconds(clock.now()) });
  if (!claims.ok) return claims;
  const algorithm = order.account.accessTokenAlgorithm ?? order.settings.accessTokenAlgorithm;
  const signer = await keyRing.signer(order.tenant, 'access-token', algorithm);
  const header = { alg: algorithm, typ: 'at+jwt', kid: signer.kid };
  checkIssued(header, claims.value, { issuer: order.issuer, audience: order.audience });
  const accessToken = await signJwt(signer, { typ: header.typ }, claims.value);
  return grant({ accessToken, jti, expiresIn: claims.value.exp - claims.value.iat }, claims.checks);
};
