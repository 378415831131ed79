import type { TokenResponse } from '../core/oauth/token-response.ts';
import { describeIssued } from './describe-decision.ts';
import { createEndpoint, type EndpointAnswers, type EndpointDependencies } from './endpoint.ts';
import { type GrantedToken, handleTokenRequest, type TokenEndpoint } from './handle-token-request.ts';
import type { KeyUses } from './key-uses.ts';
import type { AttemptCollection } from './refused-attempts.ts';
import { refuseSpent } from './single-uses.ts';
import type { TokenRequest } from './token-request.ts';

/** What answering uses beside deciding. */
export interface TokenEndpointDependencies extends TokenEndpoint, EndpointDependencies {
  readonly directory: TokenEndpoint['directory'] & EndpointDependencies['directory'];
  readonly keyUses: Pick<KeyUses, 'used'>;
  readonly attempts: Pick<AttemptCollection, 'note'>;
}

/** The token endpoint without its HTTP. */
export type TokenEndpointAnswers = EndpointAnswers<TokenRequest, TokenResponse>;

/** The token endpoint: a token leaves only after its activity is durable, and what it uses up with it (contract §7, CA-14). */
export const createTokenEndpoint = (deps: TokenEndpointDependencies): TokenEndpointAnswers =>
  createEndpoint<TokenRequest, GrantedToken, TokenResponse>(deps, {
    name: 'none',
    activityType: 'token',
    success: 'issued',
    decide: (request) => handleTokenRequest(deps, request),
    refused: (decision, refusal) => deps.attempts.note(decision, refusal),
    keep: async (decision, granted, facts) => {
      const { uses } = granted;
      const spent = await deps.activityLog.recordOnce(describeIssued(decision, granted, facts), uses);
      if (spent !== null) return refuseSpent(decision.evidence, uses, spent);
      for (const key of granted.keys) deps.keyUses.used(key, facts.time);
      return { ok: true, activity: facts.id, body: granted.response };
    },
  });
