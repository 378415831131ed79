import type { AccountKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { checkNotBlocked } from '../core/blocks/check-blocks.ts';
import { parseCompactJws } from '../core/jwt/compact-form.ts';
import { accountIdWithoutTenant } from '../core/jwt/validate-assertion-claims.ts';
import type { JsonObject } from '../core/json.ts';
import {
  type ClientAssertionType,
  clientAssertionTypes,
  type ParameterName,
} from '../core/oauth/vocabulary.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import { clockToleranceSeconds, type EpochSeconds } from '../core/time.ts';
import type { Detail } from '../core/trust/decide-trust.ts';
import type { Federation } from '../core/trust/federation.ts';
import type { Evidence } from './evidence.ts';
import { findTrustedIssuer } from './find-trusted-issuer.ts';
import { decideRegistered } from './registered-federations.ts';
import { classifyToken, type TokenKind } from './token-kinds.ts';
import type { TrustDirectory } from './trust-directory.ts';
import { type OwnKeyVerification, verifyOwnKeyAssertion } from './verify-own-key-assertion.ts';
import { type ThirdPartyVerification, verifyThirdPartyToken } from './verify-third-party-token.ts';

/** What turning a presented JWT into an account uses. */
export interface TokenAuthentication extends ThirdPartyVerification, OwnKeyVerification {
  readonly directory: Pick<TrustDirectory, 'issuer' | 'blocks'> & OwnKeyVerification['directory'];
  readonly baseIssuer: string;
  /** How much of the candidates the evidence shows; what a receipt shows unless it is said. */
  readonly detail?: Detail;
}

/** Where a token stands and what may be there. */
export interface Presentation {
  /** The form parameter it stood in. */
  readonly parameter: ParameterName;
  readonly token: string;
  /** An own-key assertion is accepted here. */
  readonly acceptsOwnKey: boolean;
  /** What it says it is where it stands as a `client_assertion`; `null` elsewhere (CA-21, CC-02). */
  readonly assertionType: ClientAssertionType | null;
  /** `client_id` of the request: narrows, never widens. */
  readonly clientId: string | null;
}

/** An account proven by a token, and what must be consumed before anything is issued for it. */
export interface AuthenticatedAccount {
  readonly account: ServiceAccount;
  readonly by: 'federation' | 'own-key';
  /** The federation that matched; `null` for an own-key assertion. */
  readonly federation: Federation | null;
  /** The key of the account that signed; `null` where a third party did. */
  readonly key: Pick<AccountKey, 'tenant' | 'id'> | null;
  /** `exp` of a third-party token; `null` for an own-key assertion. */
  readonly subjectExpiresAt: EpochSeconds | null;
  /** All claims of a third-party token; `null` for an own-key assertion, which speaks of itself alone. */
  readonly claims: JsonObject | null;
  /** The single use this proof is good for, or `null` where it may be shown again until it expires. */
  readonly singleUse: { readonly party: string; readonly jti: string; readonly until: number } | null;
}

/** Any JWT at any door → one account, by the rules of its kind; the same decision for all doors (contract §3). */
export const authenticateToken = async (
  deps: TokenAuthentication,
  evidence: Evidence,
  tenant: Tenant,
  presentation: Presentation,
): Promise<Verdict<AuthenticatedAccount>> => {
  evidence.noteToken(presentation.parameter, presentation.token);
  const jws = evidence.of(parseCompactJws(presentation.token));
  if (!jws.ok) return jws;
  evidence.noteParts({ header: jws.value.header.raw, claims: jws.value.claims });
  const kind = evidence.of(classifyToken(jws.value, deps.baseIssuer));
  if (!kind.ok) return kind;
  const fitting = evidence.of(checkAssertionType(kind.value, presentation));
  if (!fitting.ok) return fitting;
  const issuer = tenantIssuer(deps.baseIssuer, tenant.name);

  if (kind.value.kind === 'own-key') {
    const admitted = evidence.of(admitOwnKey(presentation, kind.value.issuer));
    if (!admitted.ok) return admitted;
    const rules = {
      tenant: tenant.name,
      issuer,
      assertionAudiences: tenant.settings.assertionAudiences,
    };
    const assertion = await verifyOwnKeyAssertion(deps, evidence, rules, jws.value);
    if (!assertion.ok) return assertion;
    const { account, key, claims } = assertion.value;
    const same = evidence.of(checkClientId(presentation.clientId, account));
    if (!same.ok) return same;
    const singleUse = { party: account.id, jti: claims.jti, until: keepUntil(claims.expiresAt) };
    return grant({
      account,
      by: 'own-key',
      federation: null,
      key,
      claims: null,
      subjectExpiresAt: null,
      singleUse,
    });
  }

  const { assertionType, clientId } = presentation;
  const admitted = evidence.of(admitFederated(tenant, assertionType));
  if (!admitted.ok) return admitted;
  const source = evidence.of(await findTrustedIssuer(deps.directory, tenant, kind.value, assertionType));
  if (!source.ok) return source;
  const authenticatesAt = assertionType === clientAssertionTypes.jwtSpiffe ? issuer : null;
  const token = await verifyThirdPartyToken(deps, evidence, source.value, jws.value, authenticatesAt);
  if (!token.ok) return token;
  const { entry, blocks } = source.value;
  const claims = token.value;
  const welcome = evidence.of(
    checkNotBlocked(blocks.subject(entry.trustedIssuer.issuer, claims.subject), { subject: claims.subject }),
  );
  if (!welcome.ok) return welcome;
  const trust = evidence.told(await decideRegistered(entry.federations, claims, clientId, deps.detail));
  if (!trust.ok) return trust;
  return grant({
    account: trust.value.account,
    by: 'federation',
    federation: trust.value.federation,
    key: null,
    claims: claims.claims,
    subjectExpiresAt: claims.expiresAt,
    singleUse:
      entry.trustedIssuer.replay === 'single-use' && claims.jti !== null
        ? { party: claims.issuer, jti: claims.jti, until: keepUntil(claims.expiresAt) }
        : null,
  });
};

const keepUntil = (expiresAt: EpochSeconds): number => (Math.ceil(expiresAt) + clockToleranceSeconds) * 1000;

const admitOwnKey = ({ acceptsOwnKey }: Presentation, issuer: string): Verdict<void> =>
  acceptsOwnKey
    ? grant(undefined)
    : refuse('issuer_unknown', [
        failed(
          'door.own-key',
          'the URL of an issuer',
          present(issuer),
          'An assertion signed with the account key goes into client_assertion or assertion, not into subject_token.',
        ),
      ]);

/** The switch is about tokens that are no registered way of client authentication; jwt-spiffe is one (CC-02, CA-21). */
const admitFederated = (tenant: Tenant, assertionType: ClientAssertionType | null): Verdict<void> =>
  assertionType === clientAssertionTypes.jwtBearer && !tenant.settings.federatedClientAssertion
    ? refuse('federated_assertion_off', [
        failed(
          'tenant.federatedClientAssertion',
          'true',
          'false',
          'This tenant takes third-party tokens by token exchange or the JWT bearer grant only.',
        ),
      ])
    : grant(undefined);

/** A `client_assertion` that says it is a JWT-SVID has to look like one (CA-21). */
const checkAssertionType = ({ kind }: TokenKind, { assertionType }: Presentation): Verdict<void> =>
  assertionType === clientAssertionTypes.jwtSpiffe && kind !== 'jwt-svid'
    ? refuse('client_assertion_type_unfit', [
        failed(
          'parameter.client_assertion_type',
          clientAssertionTypes.jwtBearer,
          clientAssertionTypes.jwtSpiffe,
          'The sub of a JWT-SVID is the SPIFFE ID of a workload. Send other assertions under the type jwt-bearer.',
        ),
      ])
    : grant(undefined);

const checkClientId = (clientId: string | null, account: ServiceAccount): Verdict<void> => {
  if (clientId === null) return grant(undefined);
  return accountIdWithoutTenant(clientId, account.tenant) === account.id
    ? grant(undefined, [passed('parameter.client_id', account.id, clientId)])
    : refuse('client_id_mismatch', [
        failed(
          'parameter.client_id',
          account.id,
          present(clientId),
          'client_id is optional; when sent it names the same account.',
        ),
      ]);
};
