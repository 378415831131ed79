import type { Activity } from '../core/activity/activity.ts';
import type { Check } from '../core/activity/check.ts';
import { describeRefusal, type RefusalResponse } from '../core/oauth/errors.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { TokenResponse } from '../core/oauth/token-response.ts';
import { defaultTenant } from '../core/tenants/tenant.ts';
import type { ActivityLog } from '../ports/activity-log.ts';
import { StoreUnavailable } from '../ports/storage.ts';
import type { TokenMetrics } from '../ports/token-metrics.ts';
import { NoActiveSigningKey } from '../keys/key-ring-view.ts';
import { collectEvidence } from './evidence.ts';
import { describeDecision } from './describe-decision.ts';
import { handleTokenRequest, type TokenDecision, type TokenEndpoint } from './handle-token-request.ts';
import type { KeyUses } from './key-uses.ts';
import type { StrangerBudget } from './stranger-budget.ts';
import type { TokenRequest } from './token-request.ts';

/** What leaves the token endpoint, and the id under which it is found again. */
export type TokenReply =
  | { readonly ok: true; readonly activity: string; readonly body: TokenResponse }
  | {
      readonly ok: false;
      readonly activity: string;
      readonly reason: RefusalReason;
      readonly response: RefusalResponse;
    };

/** What answering uses beside deciding. */
export interface TokenEndpointDependencies extends TokenEndpoint {
  readonly activityLog: ActivityLog;
  readonly strangers: Pick<StrangerBudget, 'admit'>;
  readonly keyUses: Pick<KeyUses, 'used'>;
  readonly metrics: TokenMetrics;
  /** Told of every fault, with the receipt the caller got; the fault itself never reaches the caller. */
  readonly reportFault: (error: unknown, receipt: string) => void;
}

/** The token endpoint without its HTTP. */
export interface TokenEndpointAnswers {
  /** Decides, records durably, and only then gives the answer out. Never throws. */
  answer(request: TokenRequest): Promise<TokenReply>;
  /** The answer to a request that was turned away before it could be read. Never throws. */
  turnAway(
    request: Pick<TokenRequest, 'tenant' | 'sourceAddress'>,
    reason: RefusalReason,
    checks: readonly Check[],
  ): Promise<TokenReply>;
}

/** Joins the decision with its record: once for success or refusal, durable before the answer leaves (contract §7). */
export const createTokenEndpoint = (deps: TokenEndpointDependencies): TokenEndpointAnswers => {
  const { clock, newId, activityLog, strangers, metrics } = deps;

  const fault = (error: unknown, receipt: string): TokenReply => {
    const reason = reasonOfFault(error);
    deps.reportFault(error, receipt);
    return {
      ok: false,
      activity: receipt,
      reason,
      response: describeRefusal(reason, 'invalid_request', receipt),
    };
  };

  const record = async (decision: TokenDecision, sourceAddress: string): Promise<TokenReply> => {
    const { outcome, evidence } = decision;
    const facts = { id: newId(), time: clock.now(), sourceAddress };
    if (outcome.ok) {
      await activityLog.record(describeDecision(decision, facts));
      for (const key of outcome.keys) deps.keyUses.used(key, facts.time);
      return { ok: true, activity: facts.id, body: outcome.response };
    }
    const { reason, presentedTokenError } = outcome;
    const admission = evidence.seen().known === true ? null : strangers.admit(decision.tenant, reason);
    if (admission?.kept === 'summed-up') {
      const response = describeRefusal(reason, presentedTokenError, admission.receipt);
      return { ok: false, activity: admission.receipt, reason, response };
    }
    const activity: Activity = describeDecision(decision, facts);
    await activityLog.record(activity);
    return {
      ok: false,
      activity: facts.id,
      reason,
      response: describeRefusal(reason, presentedTokenError, facts.id),
    };
  };

  const settle = async (decide: () => Promise<TokenDecision>, sourceAddress: string): Promise<TokenReply> => {
    const startedAt = clock.monotonic();
    let door: string | null = null;
    let reply: TokenReply;
    try {
      const decision = await decide();
      door = decision.door;
      reply = await record(decision, sourceAddress);
    } catch (error) {
      reply = fault(error, newId());
    }
    metrics.decided({
      door: door ?? 'none',
      outcome: reply.ok ? 'issued' : 'refused',
      reason: reply.ok ? 'issued' : reply.reason,
      seconds: (clock.monotonic() - startedAt) / 1000,
    });
    return reply;
  };

  return {
    answer: (request) => settle(() => handleTokenRequest(deps, request), request.sourceAddress),
    turnAway: ({ tenant, sourceAddress }, reason, checks) =>
      settle(async () => {
        const evidence = collectEvidence();
        evidence.of({ ok: false, reason, checks });
        const known = (await deps.directory.tenant(tenant)) !== null;
        return {
          tenant: known ? tenant : defaultTenant,
          door: null,
          tokenHash: null,
          evidence,
          outcome: { ok: false, reason, presentedTokenError: 'invalid_request' },
        };
      }, sourceAddress),
  };
};

const reasonOfFault = (error: unknown): RefusalReason => {
  if (error instanceof StoreUnavailable) return 'store_unavailable';
  if (error instanceof NoActiveSigningKey) return 'signing_key_unavailable';
  return 'internal_fault';
};
