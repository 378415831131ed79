import type { FastifyInstance } from 'fastify';
import { namedTokenPath, tokenPath } from '../core/oauth/metadata.ts';
import type { TokenEndpointAnswers } from '../token/token-endpoint.ts';
import { registerFormEndpoint } from './form-endpoint.ts';
import type { TokenRateLimits } from './token-rate-limit.ts';

/** The paths of the token endpoint (contract §3); all have the same handler. */
const tokenPaths = [
  tokenPath,
  `/t/:tenant${tokenPath}`,
  namedTokenPath(':tenant'),
  '/v1/oauth/token/serviceaccount',
] as const;

/** What the routes use. */
export interface TokenRoutesDependencies {
  readonly endpoint: TokenEndpointAnswers;
  readonly limits: TokenRateLimits;
}

/** `POST /token` and its aliases. */
export const registerTokenRoutes = (
  app: FastifyInstance,
  { endpoint, limits }: TokenRoutesDependencies,
): Promise<void> =>
  registerFormEndpoint(app, {
    paths: tokenPaths,
    answers: endpoint,
    limits,
    complete: (_request, read) => read,
  });
