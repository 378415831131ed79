import { type Activity, blankActivity, partyOf } from '../core/activity/activity.ts';
import type { Check } from '../core/activity/check.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TokenDecision } from './handle-token-request.ts';

/**
 * An issued token passed every check, so those that are the same for every token say nothing. Kept are the key, the
 * registration and the limits: who it was, by which federation, and what was asked for and granted.
 */
const tellsWhoAndWhat = ({ check }: Check): boolean =>
  /^(key|signature|assertion|federation|account|client|request|jti)\b/.test(check);

/** The activity of one token request: what was decided, for or against whom, and every check (contract §5). */
export const describeDecision = (
  decision: TokenDecision,
  facts: { readonly id: string; readonly time: EpochMilliseconds; readonly sourceAddress: string },
): Activity => {
  const { outcome, evidence } = decision;
  const seen = evidence.seen();
  const account = outcome.ok ? partyOf(outcome.account) : (seen.account ?? null);
  return {
    ...blankActivity,
    tenant: decision.tenant,
    id: facts.id,
    time: facts.time,
    type: 'token',
    outcome: outcome.ok ? 'issued' : 'refused',
    reason: outcome.ok ? 'issued' : outcome.reason,
    door: decision.door,
    account,
    actor: account,
    issuer: seen.issuer ?? null,
    subject: seen.subject ?? null,
    audience: outcome.ok ? outcome.audience : (seen.audience ?? null),
    jti: outcome.ok ? outcome.jti : null,
    tokenHash: decision.tokenHash,
    sourceAddress: facts.sourceAddress,
    checks: outcome.ok ? evidence.checks().filter(tellsWhoAndWhat) : evidence.checks(),
  };
};
