import { maySeeToken } from '../core/accounts/may-see-token.ts';
import {
  buildIntrospection,
  inactive,
  type IntrospectionResponse,
} from '../core/oauth/introspection-response.ts';
import type { Caller } from './authenticate-caller.ts';
import { type AuthenticatedQuery, decideTokenQuery, type TokenQueries } from './decide-token-query.ts';
import { createEndpoint, type EndpointAnswers, type EndpointDependencies } from './endpoint.ts';
import type { KeyUses } from './key-uses.ts';
import type { TokenQuery } from './token-query.ts';

/** What introspection uses. */
export interface Introspection extends TokenQueries, EndpointDependencies {
  readonly directory: TokenQueries['directory'] & EndpointDependencies['directory'];
  readonly keyUses: Pick<KeyUses, 'used'>;
}

/** The introspection endpoint without its HTTP. */
export type IntrospectionAnswers = EndpointAnswers<TokenQuery, IntrospectionResponse>;

interface Introspected {
  readonly response: IntrospectionResponse;
  readonly key: Caller['key'];
}

/**
 * Token introspection (RFC 7662) of our own access tokens. A caller that cannot be authenticated is refused, and that is an
 * activity like every refusal. An answer is none: it changes nothing and lets nobody in, the token it is about has its own
 * activity since it was issued, and an API that asks at every request would bury the trail under its questions.
 */
export const createIntrospection = (deps: Introspection): IntrospectionAnswers =>
  createEndpoint<TokenQuery, Introspected, IntrospectionResponse>(deps, {
    name: 'introspection',
    activityType: 'token.introspect',
    success: 'answered',
    decide: (query) =>
      decideTokenQuery<Introspected>(deps, query, { acceptsBearer: true }, async (question) => ({
        ok: true,
        response: await introspect(deps, question),
        key: question.caller.key,
      })),
    keep: async (_decision, { response, key }, { time }) => {
      if (key !== null) deps.keyUses.used(key, time);
      return { ok: true, activity: null, body: response };
    },
  });

/**
 * What `caller` may know of a token. Whatever is wrong with it, and whether it exists at all, looks the same (IR-02). The
 * account of the token is the one the token endpoint knows: a disable or a block counts at once on the node that took it and within
 * seconds on the others, as it does for new tokens (contract §7).
 */
const introspect = async (
  { verifyOwnToken, directory }: Pick<Introspection, 'verifyOwnToken' | 'directory'>,
  { tenant, caller, token }: AuthenticatedQuery,
): Promise<IntrospectionResponse> => {
  const own = await verifyOwnToken(tenant.name, token, null);
  if (!own.ok || !maySeeToken(caller.account, own.value)) return inactive;
  const entry = await directory.account(tenant.name, own.value.accountId);
  const isBlocked = (await directory.blocks(tenant.name)).account(own.value.accountId) !== null;
  return entry?.account.status === 'enabled' && !isBlocked ? buildIntrospection(own.value.claims) : inactive;
};
