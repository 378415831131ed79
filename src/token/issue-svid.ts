import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { grant, type Verdict } from '../core/activity/check.ts';
import type { UsableProvider } from '../core/credential-providers/ready-provider.ts';
import { checkSvid } from '../core/issuance/svid/check-svid.ts';
import { buildJwtSvidClaims, type JwtSvidClaims } from '../core/issuance/svid/jwt-svid.ts';
import type { JsonObject } from '../core/json.ts';
import { spiffeIssuer } from '../core/oauth/metadata.ts';
import { type EpochSeconds, toEpochSeconds } from '../core/time.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { Issuance, IssuedToken } from './issue-token.ts';

/** What issuing JWT-SVIDs uses. */
export interface SvidIssuance extends Issuance {
  /** What templates may see of the environment of the process: every name the operator listed, set or not. */
  readonly templateEnvironment: Readonly<Record<string, string | undefined>>;
}

/** For whom and from what a JWT-SVID is issued; all of it verified before. */
export interface SvidOrder extends UsableProvider {
  readonly tenant: string;
  /** Issuer identifier of the tenant; not yet that of its JWT-SVIDs. */
  readonly issuer: string;
  readonly account: ServiceAccount;
  /** Of the third-party token; `null` for an own-key assertion. */
  readonly claims: JsonObject | null;
  /** `exp` of the token that is exchanged; `null` for an own-key assertion. */
  readonly subjectExpiresAt: EpochSeconds | null;
}

/** A signed JWT-SVID with what is in it. */
export interface IssuedSvid extends IssuedToken {
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string };
  readonly claims: JwtSvidClaims;
}

/** Builds, checks and signs a JWT-SVID (SPIFFE JWT-SVID §2, §3); it must not leave before its activity is durable. */
export const issueSvid = async (
  { keyRing, clock, newId, templateEnvironment }: SvidIssuance,
  { provider, compiled, tenant, account, ...order }: SvidOrder,
): Promise<Verdict<IssuedSvid>> => {
  const jti = newId();
  const issuer = spiffeIssuer(order.issuer);
  const data = {
    claims: order.claims,
    account: { id: account.id, name: account.name, team: account.owningTeam },
    environment: templateEnvironment,
  };
  const claims = buildJwtSvidClaims(compiled, data, {
    issuer,
    audience: provider.audience,
    lifetimeMinutes: provider.lifetimeMinutes,
    notAfter: account.capToSubjectExpiry ? order.subjectExpiresAt : null,
    jti,
    now: toEpochSeconds(clock.now()),
  });
  if (!claims.ok) return claims;
  const signer = await keyRing.signer(tenant, 'jwt-svid', provider.algorithm);
  const header = { alg: provider.algorithm, typ: 'JWT', kid: signer.kid };
  checkSvid(header, claims.value, {
    issuer,
    audience: provider.audience,
    trustDomain: compiled.subject.trustDomain,
    maxLifetimeSeconds: provider.lifetimeMinutes * 60,
    customClaims: compiled.claims.map(({ name }) => name),
  });
  const accessToken = await signJwt(signer, { typ: header.typ }, claims.value);
  const expiresIn = claims.value.exp - claims.value.iat;
  return grant({ accessToken, jti, expiresIn, header, claims: claims.value }, claims.checks);
};
