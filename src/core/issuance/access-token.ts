import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import type { Role } from '../accounts/role.ts';
import type { ServiceAccount } from '../accounts/service-account.ts';
import { accessTokenLifetimeSeconds, type EpochSeconds } from '../time.ts';

/** The claims of our access tokens, all of them (RFC 9068 §2.2; contract §3). A type, not an interface: it is signed as JSON. */
export type AccessTokenClaims = {
  readonly iss: string;
  /** The account id, as {@link client_id} (CC-04). */
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly iat: EpochSeconds;
  readonly exp: EpochSeconds;
  readonly jti: string;
  /** Between single spaces, possibly empty (AT-10). */
  readonly scope: string;
  readonly account_name: string;
  readonly owning_team: string;
  readonly role?: Role;
};

/** Everything an access token is made of; nothing of it comes from claims of the presented token (AT-12). */
export interface AccessTokenOrder {
  readonly account: Pick<ServiceAccount, 'id' | 'name' | 'owningTeam' | 'role' | 'capToSubjectExpiry'>;
  readonly issuer: string;
  readonly audience: string;
  readonly scope: readonly string[];
  readonly jti: string;
  readonly now: EpochSeconds;
  /** `exp` of the token that is exchanged; `null` where there is none. */
  readonly subjectExpiresAt: EpochSeconds | null;
}

/**
 * Builds the claims of an access token. It lives 900 s, or no longer than the exchanged token where the account says
 * `capToSubjectExpiry` (TX-15, AT-08).
 *
 * @returns refused with `expired` when less than a second would be left
 */
export const buildAccessTokenClaims = (order: AccessTokenOrder): Verdict<AccessTokenClaims> => {
  const { account, subjectExpiresAt } = order;
  const iat = Math.floor(order.now);
  const full = iat + accessTokenLifetimeSeconds;
  const capped = account.capToSubjectExpiry && subjectExpiresAt !== null;
  const exp = capped ? Math.min(full, Math.floor(subjectExpiresAt)) : full;
  const lifetime = `${exp - iat} s`;
  if (exp - iat < 1) {
    return refuse('expired', [
      failed(
        'token.lifetime',
        'at least 1 s',
        lifetime,
        'The account caps its tokens to the life of the presented one (capToSubjectExpiry), of which nothing is left.',
      ),
    ]);
  }
  const claims: AccessTokenClaims = {
    iss: order.issuer,
    sub: account.id,
    aud: order.audience,
    client_id: account.id,
    iat,
    exp,
    jti: order.jti,
    scope: order.scope.join(' '),
    account_name: account.name,
    owning_team: account.owningTeam,
    ...(account.role === null ? {} : { role: account.role }),
  };
  return grant(
    claims,
    capped ? [passed('token.lifetime', `at most ${accessTokenLifetimeSeconds} s`, lifetime)] : [],
  );
};
