import type { FastifyInstance, FastifyRequest } from 'fastify';
import { introspectionPath, revocationPath } from '../core/oauth/metadata.ts';
import type { IntrospectionAnswers } from '../token/introspect.ts';
import type { RevocationAnswers } from '../token/revoke.ts';
import type { TokenQuery } from '../token/token-query.ts';
import type { TokenRequest } from '../token/token-request.ts';
import { readBearerToken } from './admin/authenticate.ts';
import { registerFormEndpoint } from './form-endpoint.ts';
import type { TokenRateLimits } from './token-rate-limit.ts';

/** What the routes use. */
export interface TokenQueryRoutesDependencies {
  readonly introspection: IntrospectionAnswers;
  readonly revocation: RevocationAnswers;
  /** Those of the token endpoint, counted for each endpoint by itself: a busy API does not keep workloads from their tokens. */
  readonly limits: TokenRateLimits;
}

/** `POST /introspect` (RFC 7662) and `POST /revoke` (RFC 7009), for every tenant (contract §4). */
export const registerTokenQueryRoutes = async (
  app: FastifyInstance,
  { introspection, revocation, limits }: TokenQueryRoutesDependencies,
): Promise<void> => {
  const paths = (path: string): readonly string[] => [path, `/t/:tenant${path}`];
  await registerFormEndpoint(app, {
    paths: paths(introspectionPath),
    answers: introspection,
    limits,
    complete: withBearer,
  });
  await registerFormEndpoint(app, {
    paths: paths(revocationPath),
    answers: revocation,
    limits,
    complete: withBearer,
  });
};

/** The header alone: what stands in the query is ignored here, as at the token endpoint (AT-16). */
const withBearer = (request: FastifyRequest, read: TokenRequest): TokenQuery => ({
  ...read,
  bearer: readBearerToken(request.raw.rawHeaders, ''),
});
