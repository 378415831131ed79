import { type Activity, blankActivity, type Party, partyOf } from '../core/activity/activity.ts';
import type { Check } from '../core/activity/check.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { OwnToken } from '../keys/verify-own-token.ts';
import type { Decision, RefusedOutcome } from './decision.ts';
import { fullStories } from './evidence-budget.ts';
import type { GrantedToken } from './handle-token-request.ts';
import { unused } from './single-uses.ts';

/** What is known of a decision when it is written down. */
export interface RecordFacts {
  readonly id: string;
  readonly time: EpochMilliseconds;
  readonly sourceAddress: string;
}

/**
 * An issued token passed every check, so those that are the same for every token say nothing. Kept are the key, the
 * registration and the limits: who it was, by which federation, and what was asked for and granted, a SPIFFE ID too.
 */
const tellsWhoAndWhat = ({ check }: Check): boolean => telling.test(check);

const telling = /^(?:key|signature|assertion|federation|account|client|request|jti|svid\.subject)\b/;

/** What activities of granted and of refused requests have in common. */
const describeRequest = (
  { tenant, door, tokenHash, evidence }: Omit<Decision<object>, 'outcome'>,
  facts: RecordFacts,
  checks: readonly Check[],
) => {
  const { issuer = null, subject = null, audience = null, account = null } = evidence.seen();
  return {
    ...blankActivity,
    ...facts,
    tenant,
    door,
    tokenHash,
    issuer,
    subject,
    audience,
    account,
    actor: account,
    checks,
  };
};

/** The activity of a token that was issued (contract §5); it is kept only where the uses of the token are the first. */
export const describeIssued = (
  decision: Omit<Decision<object>, 'outcome'>,
  granted: GrantedToken,
  facts: RecordFacts,
): Activity => {
  const account = partyOf(granted.account);
  return {
    ...describeRequest(decision, facts, [
      ...decision.evidence.toldChecks().filter(tellsWhoAndWhat),
      ...granted.uses.map(unused),
    ]),
    type: 'token',
    outcome: 'issued',
    reason: 'issued',
    account,
    actor: account,
    audience: granted.audience,
    jti: granted.jti,
  };
};

/** The activity of a request that was refused: against whom, with what, and every check. */
export const describeRefused = (
  type: string,
  decision: Omit<Decision<object>, 'outcome'>,
  { reason }: Pick<RefusedOutcome, 'reason'>,
  facts: RecordFacts,
): Activity => ({
  ...describeRequest(decision, facts, decision.evidence.checks()),
  type,
  outcome: 'refused',
  reason,
  parameters: decision.evidence.parameters(),
  presented: decision.evidence.presented(),
});

const leftOut = {
  leftOut: 'what was presented, and the checks before the one that failed',
  because: `more than ${fullStories.perNetwork} refusals a minute from one network, or ${fullStories.perTenant} of the tenant, without a good signature`,
};

/** The activity of one refusal of a flood: who, when and why, and that the rest was left out. */
export const describeRefusedBriefly: typeof describeRefused = (type, decision, { reason }, facts) => ({
  ...describeRequest(decision, facts, decision.evidence.refusingChecks()),
  type,
  outcome: 'refused',
  reason,
  details: leftOut,
});

/** The activity of a token that was revoked: by whom, and whose it was. */
export const describeRevoked = (
  decision: Omit<Decision<object>, 'outcome'>,
  {
    actor,
    owner,
    token,
  }: {
    readonly actor: Party;
    readonly owner: Party | null;
    readonly token: Pick<OwnToken, 'jti' | 'audiences'>;
  },
  facts: RecordFacts,
): Activity => ({
  ...describeRequest(decision, facts, decision.evidence.checks()),
  type: 'token.revoke',
  outcome: 'changed',
  reason: 'revoked',
  account: owner === null ? null : partyOf(owner),
  actor: partyOf(actor),
  audience: token.audiences.join(' '),
  jti: token.jti,
});
