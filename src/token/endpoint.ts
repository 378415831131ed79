import { type Check, failed, refuse } from '../core/activity/check.ts';
import { describeRefusal, type OAuthErrorCode, type RefusalResponse } from '../core/oauth/errors.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { defaultTenant } from '../core/tenants/tenant.ts';
import { NoActiveSigningKey } from '../keys/key-ring-view.ts';
import type { ActivityLog } from '../ports/activity-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import { CannotOpenSigningKey } from '../ports/signing-backend.ts';
import { StoreUnavailable } from '../ports/storage.ts';
import type { DecidedTokenRequest, TokenMetrics } from '../ports/token-metrics.ts';
import type { Decision, RefusedOutcome } from './decision.ts';
import { describeRefused, describeRefusedBriefly, type RecordFacts } from './describe-decision.ts';
import type { EvidenceBudget } from './evidence-budget.ts';
import { collectEvidence } from './evidence.ts';
import type { StrangerBudget } from './stranger-budget.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TokenRequest } from './token-request.ts';
import type { TrustDirectory } from './trust-directory.ts';

/** What leaves an endpoint, and the id under which it is found again; `null` where nothing was worth keeping. */
export type EndpointReply<Body> = {
  /** The tenant it was about, and the id of the account that asked, as far as they are known; for the log. */
  readonly tenant: string | null;
  readonly account: string | null;
} & EndpointAnswer<Body>;

/** An answer that may leave. */
export interface Kept<Body> {
  readonly ok: true;
  readonly activity: string | null;
  readonly body: Body;
}

type EndpointAnswer<Body> =
  | Kept<Body>
  | {
      readonly ok: false;
      readonly activity: string;
      readonly reason: RefusalReason;
      readonly response: RefusalResponse;
    };

/** What answering uses beside deciding. */
export interface EndpointDependencies {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly directory: Pick<TrustDirectory, 'tenant'>;
  readonly activityLog: ActivityLog;
  readonly strangers: Pick<StrangerBudget, 'admit'>;
  readonly evidenceBudget: EvidenceBudget;
  readonly metrics: TokenMetrics;
  /** Told of every fault, with the receipt the caller got; the fault itself never reaches the caller. */
  readonly reportFault: (error: unknown, receipt: string) => void;
}

/** What one endpoint is, beside what all of them do. */
export interface EndpointRules<Request, Granted extends object, Body> {
  /** Its name in metrics, until a door of it is known. */
  readonly name: string;
  /** The type of the activity of a refusal. */
  readonly activityType: string;
  /** Told of every refusal of a decision, after it was recorded; must not throw. */
  refused?(
    decision: Decision<Granted>,
    refusal: { readonly reason: RefusalReason; readonly receipt: string; readonly at: EpochMilliseconds },
  ): void;
  /** What a granted request counts as. */
  readonly success: Exclude<DecidedTokenRequest['outcome'], 'refused'>;
  decide(request: Request): Promise<Decision<Granted>>;
  /**
   * Makes durable what has to be before the answer leaves, and gives the answer; or the refusal, with nothing kept, where
   * what may be used once was used before.
   */
  keep(
    decision: Decision<Granted>,
    granted: Granted,
    facts: RecordFacts,
  ): Promise<Kept<Body> | RefusedOutcome>;
}

/** An endpoint without its HTTP. */
export interface EndpointAnswers<Request, Body> {
  /** Decides, records durably, and only then gives the answer out. Never throws. */
  answer(request: Request): Promise<EndpointReply<Body>>;
  /** The answer to a request that was turned away before it could be read. Never throws. */
  turnAway(
    request: Pick<TokenRequest, 'tenant' | 'sourceAddress'>,
    reason: RefusalReason,
    checks: readonly Check[],
  ): Promise<EndpointReply<Body>>;
}

/** Joins decisions with their record: once for success or refusal, durable before the answer leaves (contract §7). */
export const createEndpoint = <
  Request extends Pick<TokenRequest, 'tenant' | 'sourceAddress'>,
  Granted extends object,
  Body,
>(
  deps: EndpointDependencies,
  rules: EndpointRules<Request, Granted, Body>,
): EndpointAnswers<Request, Body> => {
  const { clock, newId, activityLog, strangers, evidenceBudget, metrics } = deps;
  type Reply = EndpointAnswer<Body>;

  const refused = (reason: RefusalReason, error: OAuthErrorCode, receipt: string): Reply => ({
    ok: false,
    activity: receipt,
    reason,
    response: describeRefusal(reason, error, receipt),
  });

  const record = async (decision: Decision<Granted>, sourceAddress: string): Promise<Reply> => {
    const { evidence } = decision;
    const facts = { id: newId(), time: clock.now(), sourceAddress };
    const outcome = decision.outcome.ok
      ? await rules.keep(decision, decision.outcome, facts)
      : decision.outcome;
    if (outcome.ok) return outcome;
    const { reason, presentedTokenError } = outcome;
    const isKnown = evidence.seen().known === true;
    const admission = isKnown ? null : strangers.admit(decision.tenant, reason);
    const receipt = admission?.kept === 'summed-up' ? admission.receipt : facts.id;
    if (receipt === facts.id) {
      // Of what nobody signed is bounded how many there are where it names nobody, and how long each is where it does.
      const isWhole =
        !isKnown || evidence.isVerified() || evidenceBudget.admit(decision.tenant, sourceAddress);
      const describe = isWhole ? describeRefused : describeRefusedBriefly;
      await activityLog.record(describe(rules.activityType, decision, outcome, facts));
    }
    rules.refused?.(decision, { reason, receipt, at: facts.time });
    return refused(reason, presentedTokenError, receipt);
  };

  /** A fault has its receipt in the log; in the trail too, where that can be had: the administrator looks there first. */
  const recordFault = async (
    reason: RefusalReason,
    id: string,
    { tenant, sourceAddress }: Pick<TokenRequest, 'tenant' | 'sourceAddress'>,
  ): Promise<void> => {
    const evidence = collectEvidence();
    evidence.of(refuse(reason, [faultCheck(reason)]));
    const known = (await deps.directory.tenant(tenant)) === null ? defaultTenant : tenant;
    if (strangers.admit(known, reason).kept === 'summed-up') return;
    const decision = { tenant: known, door: null, tokenHash: null, evidence };
    const facts = { id, time: clock.now(), sourceAddress };
    await activityLog.record(describeRefused(rules.activityType, decision, { reason }, facts));
  };

  const settle = async (
    decide: () => Promise<Decision<Granted>>,
    caller: Pick<TokenRequest, 'tenant' | 'sourceAddress'>,
  ): Promise<EndpointReply<Body>> => {
    const startedAt = clock.monotonic();
    let decision: Decision<Granted> | null = null;
    let reply: Reply;
    try {
      decision = await decide();
      reply = await record(decision, caller.sourceAddress);
    } catch (error) {
      const receipt = newId();
      deps.reportFault(error, receipt);
      const reason = reasonOfFault(error);
      if (reason !== 'store_unavailable')
        await recordFault(reason, receipt, caller).catch((cause: unknown) =>
          deps.reportFault(cause, receipt),
        );
      reply = refused(reason, 'invalid_request', receipt);
    }
    metrics.decided({
      door: decision?.door ?? rules.name,
      outcome: reply.ok ? rules.success : 'refused',
      reason: reply.ok ? rules.success : reply.reason,
      seconds: (clock.monotonic() - startedAt) / 1000,
    });
    return {
      ...reply,
      tenant: decision?.tenant ?? null,
      account: decision?.evidence.seen().account?.id ?? null,
    };
  };

  return {
    answer: (request) => settle(() => rules.decide(request), request),
    turnAway: (request, reason, checks) =>
      settle(async () => {
        const evidence = collectEvidence();
        evidence.of({ ok: false, reason, checks });
        const { tenant } = request;
        const known = (await deps.directory.tenant(tenant)) !== null;
        return {
          tenant: known ? tenant : defaultTenant,
          door: null,
          tokenHash: null,
          evidence,
          outcome: { ok: false, reason, presentedTokenError: 'invalid_request' },
        };
      }, request),
  };
};

const faultCheck = (reason: RefusalReason): Check =>
  reason === 'signing_key_unavailable'
    ? failed(
        'signing-key',
        'an active key to sign with',
        'none that can be used',
        'See the signing keys of the tenant, and the log beside this receipt.',
      )
    : failed('server', 'no fault', 'a fault', 'The log has the fault beside this receipt.');

const reasonOfFault = (error: unknown): RefusalReason => {
  if (error instanceof StoreUnavailable) return 'store_unavailable';
  if (error instanceof NoActiveSigningKey || error instanceof CannotOpenSigningKey)
    return 'signing_key_unavailable';
  return 'internal_fault';
};
