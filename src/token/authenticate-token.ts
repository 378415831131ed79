import type { AccountKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { parseCompactJws } from '../core/jwt/compact-form.ts';
import { accountIdWithoutTenant } from '../core/jwt/validate-assertion-claims.ts';
import type { JsonObject } from '../core/json.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import { clockToleranceSeconds, type EpochSeconds } from '../core/time.ts';
import { decideTrust } from '../core/trust/decide-trust.ts';
import type { Evidence } from './evidence.ts';
import { classifyToken } from './token-kinds.ts';
import { type OwnKeyVerification, verifyOwnKeyAssertion } from './verify-own-key-assertion.ts';
import { type ThirdPartyVerification, verifyThirdPartyToken } from './verify-third-party-token.ts';

/** What turning a presented JWT into an account uses. */
export interface TokenAuthentication extends ThirdPartyVerification, OwnKeyVerification {
  readonly directory: ThirdPartyVerification['directory'] & OwnKeyVerification['directory'];
  readonly baseIssuer: string;
}

/** Where a token stands and what may be there. */
export interface Presentation {
  readonly token: string;
  /** An own-key assertion is accepted here. */
  readonly acceptsOwnKey: boolean;
  /** It stands as a `client_assertion`, where a tenant may refuse third-party tokens (CC-02). */
  readonly asClientAssertion: boolean;
  /** `client_id` of the request: narrows, never widens. */
  readonly clientId: string | null;
}

/** An account proven by a token, and what must be consumed before anything is issued for it. */
export interface AuthenticatedAccount {
  readonly account: ServiceAccount;
  readonly by: 'federation' | 'own-key';
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
  const jws = evidence.of(parseCompactJws(presentation.token));
  if (!jws.ok) return jws;
  const kind = evidence.of(classifyToken(jws.value, deps.baseIssuer));
  if (!kind.ok) return kind;

  if (kind.value.kind === 'own-key') {
    const admitted = evidence.of(admitOwnKey(presentation));
    if (!admitted.ok) return admitted;
    const rules = {
      tenant: tenant.name,
      issuer: tenantIssuer(deps.baseIssuer, tenant.name),
      assertionAudiences: tenant.settings.assertionAudiences,
    };
    const assertion = await verifyOwnKeyAssertion(deps, evidence, rules, jws.value);
    if (!assertion.ok) return assertion;
    const { account, key, claims } = assertion.value;
    const same = evidence.of(checkClientId(presentation.clientId, account));
    if (!same.ok) return same;
    const singleUse = { party: account.id, jti: claims.jti, until: keepUntil(claims.expiresAt) };
    return grant({ account, by: 'own-key', key, claims: null, subjectExpiresAt: null, singleUse });
  }

  const admitted = evidence.of(admitFederated(tenant, presentation));
  if (!admitted.ok) return admitted;
  const token = await verifyThirdPartyToken(deps, evidence, tenant.name, kind.value.issuer, jws.value);
  if (!token.ok) return token;
  const { entry, claims } = token.value;
  const trust = evidence.of(decideTrust(entry.federations, claims, presentation.clientId));
  if (!trust.ok) return trust;
  return grant({
    account: trust.value.account,
    by: 'federation',
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

const admitOwnKey = ({ acceptsOwnKey }: Presentation): Verdict<void> =>
  acceptsOwnKey
    ? grant(undefined)
    : refuse('issuer_unknown', [
        failed(
          'door.own-key',
          'the token of a third party',
          'an iss that is no issuer URL',
          'An assertion signed with the account key goes into client_assertion or assertion, not into subject_token.',
        ),
      ]);

const admitFederated = (tenant: Tenant, { asClientAssertion }: Presentation): Verdict<void> =>
  asClientAssertion && !tenant.settings.federatedClientAssertion
    ? refuse('federated_assertion_off', [
        failed(
          'tenant.federatedClientAssertion',
          'true',
          'false',
          'This tenant takes third-party tokens by token exchange or the JWT bearer grant only.',
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
