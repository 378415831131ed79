import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import type { OAuthErrorCode } from '../core/oauth/errors.ts';
import { parseFormParameters } from '../core/oauth/form-parameters.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { TokenResponse } from '../core/oauth/token-response.ts';
import { knownParameters } from '../core/oauth/vocabulary.ts';
import { defaultTenant, type Tenant } from '../core/tenants/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { HashToken } from '../ports/token-hash.ts';
import {
  type AuthenticatedAccount,
  authenticateToken,
  type TokenAuthentication,
} from './authenticate-token.ts';
import { checkClientAuthentication, type ClientAssertion } from './check-client-authentication.ts';
import { checkTenant, checkTenantEnabled } from './check-tenant.ts';
import type { Decision } from './decision.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import type { Grant, PresentedToken } from './grants/grant.ts';
import { chooseGrant } from './grants/index.ts';
import { issueRequested, type RequestedIssuance } from './issue-requested.ts';
import { readRequestedToken } from './requested-token.ts';
import type { ProofUse } from './single-uses.ts';
import type { TokenRequest } from './token-request.ts';
import type { TrustDirectory } from './trust-directory.ts';

/** What the token endpoint uses. */
export interface TokenEndpoint extends TokenAuthentication, RequestedIssuance {
  readonly clock: Clock;
  readonly directory: TokenAuthentication['directory'] & Pick<TrustDirectory, 'tenant' | 'providers'>;
  readonly hashToken: HashToken;
}

/** What the token endpoint decided about one request. */
export type TokenDecision = Decision<GrantedToken>;

/** A token that is ready to leave once its uses are spent. */
export interface GrantedToken {
  readonly response: TokenResponse;
  readonly jti: string;
  readonly audience: string;
  readonly account: AuthenticatedAccount['account'];
  readonly federation: AuthenticatedAccount['federation'];
  /** The keys of accounts that proved something. */
  readonly keys: readonly NonNullable<AuthenticatedAccount['key']>[];
  /** What it uses up, in order: spent last of all, so that nothing else can fail after a `jti` is spent (CA-14). */
  readonly uses: readonly ProofUse[];
}

/**
 * Decides one token request: the phases in order, each followed by its way out (contract §3). What may be used once is
 * looked at by nobody here: whoever lets the token out spends it, and refuses where it was spent before.
 */
export const handleTokenRequest = async (
  deps: TokenEndpoint,
  request: TokenRequest,
  evidence: Evidence = collectEvidence(),
): Promise<TokenDecision> => {
  let tenantName = defaultTenant;
  let door: string | null = null;
  let tokenHash: string | null = null;
  const refused = (
    { reason }: { readonly reason: RefusalReason },
    presentedTokenError: OAuthErrorCode = 'invalid_request',
  ): TokenDecision => ({
    tenant: tenantName,
    door,
    tokenHash,
    evidence,
    outcome: { ok: false, reason, presentedTokenError },
  });

  const tenant = evidence.of(checkTenant(await deps.directory.tenant(request.tenant), request.tenant));
  if (!tenant.ok) return refused(tenant);
  tenantName = tenant.value.name;

  evidence.noteForm(request.body, knownParameters);
  const parameters = evidence.of(parseFormParameters(request.body));
  if (!parameters.ok) return refused(parameters);

  const chosen = evidence.of(chooseGrant(parameters.value));
  if (!chosen.ok) return refused(chosen);
  door = chosen.value.door;
  const refuseToken = (verdict: { readonly reason: RefusalReason }): TokenDecision =>
    refused(verdict, chosen.value.presentedTokenError);

  const client = evidence.of(checkClientAuthentication(request, parameters.value));
  if (!client.ok) return refused(client);

  const presented = evidence.of(chosen.value.readPresentedToken(parameters.value));
  if (!presented.ok) return refuseToken(presented);
  tokenHash = deps.hashToken(presented.value.token);

  const requested = evidence.of(readRequestedToken(parameters.value));
  if (!requested.ok) return refused(requested);

  const enabled = evidence.of(checkTenantEnabled(tenant.value));
  if (!enabled.ok) return refuseToken(enabled);

  const clientId = parameters.value.get('client_id') ?? null;
  const beside = await authenticateClientBeside(
    deps,
    evidence,
    tenant.value,
    chosen.value,
    client.value.clientAssertion,
    clientId,
  );
  if (!beside.ok) return refused(beside, 'invalid_client');

  const subject = await authenticateToken(
    deps,
    evidence,
    tenant.value,
    presentationOf(chosen.value, presented.value, client.value.clientAssertion, clientId),
  );
  if (!subject.ok) return refuseToken(subject);
  door = doorOf(chosen.value, subject.value);

  const same = evidence.told(checkSameAccount(beside.value, subject.value));
  if (!same.ok) return refuseToken(same);

  const issued = await issueRequested(
    deps,
    evidence,
    tenant.value,
    subject.value,
    requested.value,
    parameters.value,
  );
  if (!issued.ok) return refuseToken(issued);

  return {
    tenant: tenantName,
    door,
    tokenHash,
    evidence,
    outcome: {
      ok: true,
      ...issued.value,
      account: subject.value.account,
      federation: subject.value.federation,
      keys: [beside.value?.key, subject.value.key].filter((key) => key !== null && key !== undefined),
      uses: [
        ...useOf(beside.value, 'invalid_client'),
        ...useOf(subject.value, chosen.value.presentedTokenError),
      ],
    },
  };
};

/** A client assertion beside the grant's own token is optional, and verified whenever it is there (TX-13, JB-03, CA-20). */
const authenticateClientBeside = async (
  deps: TokenAuthentication,
  evidence: Evidence,
  tenant: Tenant,
  chosen: Grant,
  clientAssertion: ClientAssertion | null,
  clientId: string | null,
): Promise<Verdict<AuthenticatedAccount | null>> => {
  if (clientAssertion === null || chosen.presentedTokenAuthenticates) return grant(null);
  return authenticateToken(deps, evidence, tenant, {
    parameter: 'client_assertion',
    token: clientAssertion.token,
    acceptsOwnKey: true,
    assertionType: clientAssertion.type,
    clientId,
  });
};

const presentationOf = (
  chosen: Grant,
  { token, parameter }: PresentedToken,
  clientAssertion: ClientAssertion | null,
  clientId: string | null,
) => ({
  parameter,
  token,
  acceptsOwnKey: chosen.acceptsOwnKey,
  assertionType: parameter === 'client_assertion' ? (clientAssertion?.type ?? null) : null,
  clientId,
});

const useOf = (
  proof: Pick<AuthenticatedAccount, 'singleUse'> | null,
  presentedTokenError: OAuthErrorCode,
): readonly ProofUse[] =>
  proof === null || proof.singleUse === null ? [] : [{ ...proof.singleUse, presentedTokenError }];

const doorOf = (chosen: Grant, { by }: AuthenticatedAccount): string =>
  by === 'own-key'
    ? `${chosen.door}-own-key`
    : chosen.presentedTokenAuthenticates
      ? `${chosen.door}-federated`
      : chosen.door;

const checkSameAccount = (
  beside: AuthenticatedAccount | null,
  subject: AuthenticatedAccount,
): Verdict<void> => {
  if (beside === null) return grant(undefined);
  const check = 'client.account';
  return beside.account.id === subject.account.id
    ? grant(undefined, [passed(check, subject.account.id, beside.account.id)])
    : refuse('client_assertion_of_another_account', [
        failed(
          check,
          subject.account.id,
          beside.account.id,
          'The client assertion and the token belong to two accounts.',
        ),
      ]);
};
