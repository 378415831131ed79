import { mayRevokeToken } from '../core/accounts/may-see-token.ts';
import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { parseCompactJws } from '../core/jwt/compact-form.ts';
import { mediaSubtype } from '../core/jwt/media-subtype.ts';
import { member } from '../core/json.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { clockToleranceSeconds } from '../core/time.ts';
import type { OwnToken } from '../keys/verify-own-token.ts';
import type { Storage } from '../ports/storage.ts';
import type { Caller } from './authenticate-caller.ts';
import {
  type AuthenticatedQuery,
  decideTokenQuery,
  type QueryOutcome,
  type TokenQueries,
} from './decide-token-query.ts';
import { describeRevoked } from './describe-decision.ts';
import { createEndpoint, type EndpointAnswers, type EndpointDependencies } from './endpoint.ts';
import type { Evidence } from './evidence.ts';
import type { KeyUses } from './key-uses.ts';
import type { TokenQuery } from './token-query.ts';

/** What revocation uses. */
export interface Revocation extends TokenQueries, EndpointDependencies {
  readonly directory: TokenQueries['directory'] & EndpointDependencies['directory'];
  readonly storage: Pick<Storage, 'transaction'>;
  readonly keyUses: Pick<KeyUses, 'used'>;
}

/** The revocation endpoint without its HTTP; its answer has no body (RFC 7009 §2.2). */
export type RevocationAnswers = EndpointAnswers<TokenQuery, null>;

/** A revocation that is allowed. */
interface GrantedRevocation {
  readonly caller: Caller;
  /** What is revoked by it; `null` for a token that is worth nothing already (IR-10). */
  readonly token: OwnToken | null;
}

/**
 * Token revocation (RFC 7009) of our own access tokens: the `jti` is on a list until the token would have expired, and the
 * list is read by introspection and the admin API (IR-12). Only what is good now gets onto it, so it is never longer than
 * the number of tokens issued in their lifetime of 15 minutes. Who verifies offline sees nothing of it.
 *
 * The list and the activity are written in one transaction, before the answer leaves.
 */
export const createRevocation = (deps: Revocation): RevocationAnswers =>
  createEndpoint<TokenQuery, GrantedRevocation, null>(deps, {
    name: 'revocation',
    activityType: 'token.revoke',
    success: 'answered',
    decide: (query) =>
      decideTokenQuery<GrantedRevocation>(deps, query, { acceptsBearer: false }, (question, evidence) =>
        decideRevocation(deps, question, evidence),
      ),
    keep: async (decision, { caller, token }, facts) => {
      if (caller.key !== null) deps.keyUses.used(caller.key, facts.time);
      if (token === null) return { ok: true, activity: null, body: null };
      const owner = (await deps.directory.account(decision.tenant, token.accountId))?.account ?? null;
      await deps.storage.transaction(async (stores) => {
        // Longer than the token by what clocks may differ: another node may think it alive for that long.
        const until = (Math.ceil(token.expiresAt) + clockToleranceSeconds) * 1000;
        await stores.revokedTokens.revoke(decision.tenant, token.jti, until);
        await stores.activities.append([
          describeRevoked(decision, { actor: caller.account, owner, token }, facts),
        ]);
      });
      return { ok: true, activity: facts.id, body: null };
    },
  });

const decideRevocation = async (
  deps: Pick<Revocation, 'verifyOwnToken' | 'baseIssuer'>,
  { tenant, caller, token }: AuthenticatedQuery,
  evidence: Evidence,
): Promise<QueryOutcome<GrantedRevocation>> => {
  evidence.noteToken('token', token);
  const kind = evidence.of(checkKind(token, tenantIssuer(deps.baseIssuer, tenant.name)));
  if (!kind.ok) return { ok: false, reason: kind.reason, presentedTokenError: 'invalid_grant' };

  const own = await deps.verifyOwnToken(tenant.name, token, null);
  if (!own.ok) return { ok: true, caller, token: null };
  evidence.noteGoodSignature();

  const allowed = evidence.of(checkOwner(caller, own.value));
  if (!allowed.ok) return { ok: false, reason: allowed.reason, presentedTokenError: 'invalid_grant' };
  return { ok: true, caller, token: own.value };
};

/**
 * A token that is of another kind by its own words is not ours to revoke, and the client should know (IR-12, RFC 7009
 * §2.2.1). Text that is no JWT at all, or says it is ours and is not, is an unknown token like any other (IR-10).
 */
const checkKind = (token: string, issuer: string): Verdict<void> => {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return grant(undefined);
  const { header, claims } = parsed.value;
  const iss = member(claims, 'iss');
  const type = header.typ === null ? null : mediaSubtype(header.typ);
  const expected = 'an access token of this tenant';
  return iss === issuer && type === 'at+jwt'
    ? grant(undefined, [passed('token.kind', expected, 'one')])
    : refuse('token_kind_unsupported', [
        failed(
          'token.kind',
          expected,
          `iss ${present(iss)}, typ ${present(header.typ ?? undefined)}`,
          'Tokens of other issuers and JWT-SVIDs cannot be revoked here; they expire.',
        ),
      ]);
};

const checkOwner = (caller: Caller, token: OwnToken): Verdict<void> => {
  const expected = 'a token of the caller, or an administrator as caller';
  return mayRevokeToken(caller.account, token)
    ? grant(undefined, [passed('token.client', expected, present(token.accountId))])
    : refuse('token_of_another_client', [
        failed(
          'token.client',
          expected,
          present(token.accountId),
          'The token was issued to another account and stays valid.',
        ),
      ]);
};
