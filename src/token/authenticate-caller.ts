import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { checkNotBlocked } from '../core/blocks/check-blocks.ts';
import { member } from '../core/json.ts';
import type { FormParameters } from '../core/oauth/form-parameters.ts';
import { adminAudience, type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import type { VerifyOwnToken } from '../keys/verify-own-token.ts';
import {
  type AuthenticatedAccount,
  authenticateToken,
  type TokenAuthentication,
} from './authenticate-token.ts';
import { checkClientAuthentication, type ClientAssertion } from './check-client-authentication.ts';
import type { Evidence } from './evidence.ts';
import type { TokenQuery } from './token-query.ts';

/** What finding out who asks about a token uses. */
export interface CallerAuthentication extends TokenAuthentication {
  readonly verifyOwnToken: VerifyOwnToken;
}

/** Who asks, and what is spent by asking. */
export type Caller = Pick<AuthenticatedAccount, 'account' | 'key' | 'singleUse'>;

/** What a caller authenticates with. */
export type CallerProof =
  | { readonly how: 'assertion'; readonly assertion: ClientAssertion }
  | { readonly how: 'bearer'; readonly token: string };

/**
 * What a request about a token is authenticated with: a client assertion by the very rules of the token endpoint, or, where
 * `acceptsBearer`, an access token of ours (IR-01, CA-01, CA-08).
 */
export const chooseProof = (
  query: TokenQuery,
  parameters: FormParameters,
  acceptsBearer: boolean,
): Verdict<CallerProof> => {
  const client = checkClientAuthentication(query, parameters);
  if (client.ok) {
    const { clientAssertion } = client.value;
    return clientAssertion === null
      ? refuseAnonymous
      : grant({ how: 'assertion', assertion: clientAssertion });
  }
  if (client.reason !== 'client_authorization_header' || !acceptsBearer) return client;
  switch (query.bearer.how) {
    case 'none':
      return { ...client, reason: 'authorization_not_bearer' };
    case 'malformed':
      return refuse('bearer_malformed', [
        failed('request.authorization', 'one Bearer token', 'something else', query.bearer.detail),
      ]);
    case 'bearer':
      return grant({ how: 'bearer', token: query.bearer.token });
  }
};

const refuseAnonymous = refuse('client_authentication_missing', [
  failed(
    'client.authentication',
    'client_assertion with client_assertion_type',
    'absent',
    'Only accounts of this tenant may ask: authenticate with a signed JWT, as at the token endpoint.',
  ),
]);

/** The account behind a proof. Nothing is consumed yet. */
export const authenticateCaller = (
  deps: CallerAuthentication,
  evidence: Evidence,
  tenant: Tenant,
  proof: CallerProof,
  clientId: string | null,
): Promise<Verdict<Caller>> =>
  proof.how === 'bearer'
    ? authenticateBearer(deps, evidence, tenant, proof.token)
    : authenticateToken(deps, evidence, tenant, {
        parameter: 'client_assertion',
        token: proof.assertion.token,
        acceptsOwnKey: true,
        assertionType: proof.assertion.type,
        clientId,
      });

/**
 * The account behind an access token in the `Authorization` header (RFC 7662 §2.1, AT-14). Its audience has to be the admin
 * API: such a token is shown to nobody but this server, while one for another audience is known to whom it was made for,
 * and those must not be able to ask in the name of its owner.
 */
const authenticateBearer = async (
  { verifyOwnToken, directory, baseIssuer }: CallerAuthentication,
  evidence: Evidence,
  tenant: Tenant,
  bearer: string,
): Promise<Verdict<Caller>> => {
  const audience = adminAudience(tenantIssuer(baseIssuer, tenant.name));
  evidence.noteToken('authorization', bearer);
  const token = evidence.of(await verifyOwnToken(tenant.name, bearer, audience));
  if (!token.ok) return token;
  evidence.noteGoodSignature();
  if (member(token.value.claims, 'cnf') !== undefined)
    return evidence.of(
      refuse('token_bound_to_a_key', [
        failed('token.cnf', 'absent', 'present', 'A token bound to a key does not count as a bearer token.'),
      ]),
    );
  const { accountId } = token.value;
  const entry = await directory.account(tenant.name, accountId);
  if (entry === null)
    return evidence.of(
      refuse('account_unknown', [
        failed(
          'account',
          'an account of this tenant',
          accountId,
          'The account was deleted after the token was issued.',
        ),
      ]),
    );
  const { account } = entry;
  const seen = { account: { id: account.id, name: account.name } };
  const open = evidence.of(checkNotBlocked((await directory.blocks(tenant.name)).account(account.id), seen));
  if (!open.ok) return open;
  return evidence.of(
    account.status === 'enabled'
      ? grant({ account, key: null, singleUse: null }, [passed('account.status', 'enabled', 'enabled')], seen)
      : refuse(
          'account_disabled',
          [failed('account.status', 'enabled', 'disabled', 'An administrator disabled this account.')],
          seen,
        ),
  );
};
