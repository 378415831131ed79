import { grant, type Verdict } from '../core/activity/check.ts';
import { limitAuthorization } from '../core/accounts/limit-authorization.ts';
import { chooseProvider } from '../core/credential-providers/choose-provider.ts';
import { requireUsable } from '../core/credential-providers/ready-provider.ts';
import type { FormParameters } from '../core/oauth/form-parameters.ts';
import { buildTokenResponse, type TokenResponse } from '../core/oauth/token-response.ts';
import { tokenTypes } from '../core/oauth/vocabulary.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import type { AuthenticatedAccount } from './authenticate-token.ts';
import type { Evidence } from './evidence.ts';
import { issueSvid, type SvidIssuance } from './issue-svid.ts';
import { issueToken } from './issue-token.ts';
import { limitSvidScope, type RequestedToken } from './requested-token.ts';
import type { TrustDirectory } from './trust-directory.ts';

/** What issuing either kind of token uses. */
export interface RequestedIssuance extends SvidIssuance {
  readonly directory: Pick<TrustDirectory, 'providers'>;
  readonly baseIssuer: string;
}

/** A token that is signed and has not left yet. */
export interface Issued {
  readonly response: TokenResponse;
  readonly jti: string;
  readonly audience: string;
}

/** Narrows what is asked for to what the account holds, and issues it: an access token, or a JWT-SVID. */
export const issueRequested = (
  deps: RequestedIssuance,
  evidence: Evidence,
  tenant: Tenant,
  subject: AuthenticatedAccount,
  requested: RequestedToken,
  parameters: FormParameters,
): Promise<Verdict<Issued>> =>
  requested.kind === 'access-token'
    ? issueAccessToken(deps, evidence, tenant, subject, parameters)
    : issueJwtSvid(deps, evidence, tenant, subject, requested);

const issueAccessToken = async (
  deps: RequestedIssuance,
  evidence: Evidence,
  tenant: Tenant,
  { account, subjectExpiresAt }: AuthenticatedAccount,
  parameters: FormParameters,
): Promise<Verdict<Issued>> => {
  const issuer = tenantIssuer(deps.baseIssuer, tenant.name);
  const { settings } = tenant;
  const limits = evidence.told(
    limitAuthorization({ account, issuer, strictScopes: settings.strictScopes, ...askedFor(parameters) }),
  );
  if (!limits.ok) return limits;
  const { scope, audience } = limits.value;
  const order = { tenant: tenant.name, issuer, settings, account, subjectExpiresAt, scope, audience };
  const issued = evidence.of(await issueToken(deps, order));
  if (!issued.ok) return issued;
  return grant({
    response: buildTokenResponse({ ...issued.value, scope }),
    jti: issued.value.jti,
    audience,
  });
};

const issueJwtSvid = async (
  deps: RequestedIssuance,
  evidence: Evidence,
  tenant: Tenant,
  { account, subjectExpiresAt, claims }: AuthenticatedAccount,
  { target, scope }: Extract<RequestedToken, { readonly kind: 'jwt-svid' }>,
): Promise<Verdict<Issued>> => {
  const scopes = evidence.told(limitSvidScope(scope, tenant.settings.strictScopes));
  if (!scopes.ok) return scopes;
  const bound = await deps.directory.providers(tenant.name, account.id);
  const chosen = evidence.told(chooseProvider(bound, target));
  if (!chosen.ok) return chosen;
  const usable = evidence.told(requireUsable(chosen.value, tenant.settings.trustDomain));
  if (!usable.ok) return usable;
  const issuer = tenantIssuer(deps.baseIssuer, tenant.name);
  const order = { ...usable.value, tenant: tenant.name, issuer, account, claims, subjectExpiresAt };
  const issued = evidence.told(await issueSvid(deps, order));
  if (!issued.ok) return issued;
  const { accessToken, expiresIn, jti } = issued.value;
  return grant({
    response: buildTokenResponse({ accessToken, expiresIn, scope: [], issuedTokenType: tokenTypes.jwt }),
    jti,
    audience: usable.value.provider.audience,
  });
};

const askedFor = (parameters: FormParameters): { scope?: string; audience?: string; resource?: string } => {
  const asked: { scope?: string; audience?: string; resource?: string } = {};
  for (const name of ['scope', 'audience', 'resource'] as const) {
    const value = parameters.get(name);
    if (value !== undefined) asked[name] = value;
  }
  return asked;
};
