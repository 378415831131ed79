import type { Activity } from '../core/activity/activity.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TokenDecision } from './handle-token-request.ts';

/** The activity of one token request: what was decided, for or against whom, and every check (contract §5). */
export const describeDecision = (
  decision: TokenDecision,
  facts: { readonly id: string; readonly time: EpochMilliseconds; readonly sourceAddress: string },
): Activity => {
  const { outcome, evidence } = decision;
  const seen = evidence.seen();
  const account = outcome.ok
    ? { id: outcome.account.id, name: outcome.account.name }
    : (seen.account ?? null);
  return {
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
    checks: evidence.checks(),
    details: null,
  };
};
