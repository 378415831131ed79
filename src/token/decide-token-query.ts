import type { OAuthErrorCode } from '../core/oauth/errors.ts';
import { parseFormParameters } from '../core/oauth/form-parameters.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { tokenQueryParameters } from '../core/oauth/vocabulary.ts';
import { defaultTenant, type Tenant } from '../core/tenants/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReplayGuard } from '../ports/replay-guard.ts';
import type { HashToken } from '../ports/token-hash.ts';
import {
  authenticateCaller,
  type Caller,
  type CallerAuthentication,
  chooseProof,
} from './authenticate-caller.ts';
import { checkTenant, checkTenantEnabled } from './check-tenant.ts';
import type { Decision, RefusedOutcome } from './decision.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import { required } from './grants/required.ts';
import { consumeSingleUse } from './single-uses.ts';
import type { TokenQuery } from './token-query.ts';
import type { TrustDirectory } from './trust-directory.ts';

/** What deciding about a token uses. */
export interface TokenQueries extends CallerAuthentication {
  readonly clock: Clock;
  readonly directory: CallerAuthentication['directory'] & Pick<TrustDirectory, 'tenant'>;
  readonly replayGuard: Pick<ReplayGuard, 'consume'>;
  readonly hashToken: HashToken;
}

/** A question about a token whose caller is known. */
export interface AuthenticatedQuery {
  readonly tenant: Tenant;
  readonly caller: Caller;
  /** The token in question; nothing of it was looked at. */
  readonly token: string;
}

/** What one of the endpoints makes of a question. */
export type QueryOutcome<Granted extends object> = ({ readonly ok: true } & Granted) | RefusedOutcome;

/**
 * Decides one request about a token; the phases that introspection and revocation have in common, in order: tenant,
 * parameters, the client authentication of the token endpoint with its audience rule (IR-01, IR-09, CA-08), what the
 * endpoint itself decides, and last what may be used once.
 *
 * `token_type_hint` is never looked at: there is one kind of token here (IR-06).
 */
export const decideTokenQuery = async <Granted extends object>(
  deps: TokenQueries,
  query: TokenQuery,
  { acceptsBearer }: { readonly acceptsBearer: boolean },
  decide: (question: AuthenticatedQuery, evidence: Evidence) => Promise<QueryOutcome<Granted>>,
): Promise<Decision<Granted>> => {
  const evidence = collectEvidence();
  let tenantName = defaultTenant;
  let tokenHash: string | null = null;
  let badProof: OAuthErrorCode = 'invalid_client';
  const decided = (outcome: QueryOutcome<Granted>): Decision<Granted> => ({
    tenant: tenantName,
    door: null,
    tokenHash,
    evidence,
    outcome,
  });
  const refused = ({ reason }: { readonly reason: RefusalReason }): Decision<Granted> =>
    decided({ ok: false, reason, presentedTokenError: badProof });

  const tenant = evidence.of(checkTenant(await deps.directory.tenant(query.tenant), query.tenant));
  if (!tenant.ok) return refused(tenant);
  tenantName = tenant.value.name;

  evidence.noteForm(query.body, tokenQueryParameters);
  const parameters = evidence.of(parseFormParameters(query.body, tokenQueryParameters));
  if (!parameters.ok) return refused(parameters);

  const proof = evidence.of(chooseProof(query, parameters.value, acceptsBearer));
  if (!proof.ok) return refused(proof);
  if (proof.value.how === 'bearer') badProof = 'invalid_token';

  const token = evidence.of(required(parameters.value, 'token'));
  if (!token.ok) return refused(token);
  tokenHash = deps.hashToken(token.value);

  const enabled = evidence.of(checkTenantEnabled(tenant.value));
  if (!enabled.ok) return refused(enabled);

  const clientId = parameters.value.get('client_id') ?? null;
  const caller = await authenticateCaller(deps, evidence, tenant.value, proof.value, clientId);
  if (!caller.ok) return refused(caller);

  const question = { tenant: tenant.value, caller: caller.value, token: token.value };
  const outcome = await decide(question, evidence);
  if (!outcome.ok) return decided(outcome);

  const consumed = evidence.of(await consumeSingleUse(deps.replayGuard, tenantName, caller.value));
  return consumed.ok ? decided(outcome) : refused(consumed);
};
