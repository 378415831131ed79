import { type Check, failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { OAuthErrorCode } from '../core/oauth/errors.ts';
import type { ReplayGuard, SingleUse } from '../ports/replay-guard.ts';
import type { AuthenticatedAccount } from './authenticate-token.ts';
import type { RefusedOutcome } from './decision.ts';
import type { Evidence } from './evidence.ts';

/** A single use that a granted request stands for, and the code of a refusal because of it. */
export interface ProofUse extends SingleUse {
  readonly presentedTokenError: OAuthErrorCode;
}

const check = 'jti.unused';
const expected = 'never used before';

/** The check of a use that was the first. */
export const unused = ({ jti }: Pick<SingleUse, 'jti'>): Check => passed(check, expected, present(jti));

const refuseReplayed = ({ jti }: Pick<SingleUse, 'jti'>): Verdict<never> =>
  refuse('replayed', [
    failed(
      check,
      expected,
      present(jti),
      'This token works once; make a new one with a fresh jti for each request.',
    ),
  ]);

/**
 * Spends what a proof is good for once. The last step before the answer is made, so that nothing else can fail after a `jti`
 * is spent (CA-14).
 */
export const consumeSingleUse = async (
  replayGuard: Pick<ReplayGuard, 'consume'>,
  tenant: string,
  { singleUse }: Pick<AuthenticatedAccount, 'singleUse'>,
): Promise<Verdict<void>> => {
  if (singleUse === null) return grant(undefined);
  const { party, jti, until } = singleUse;
  return (await replayGuard.consume(tenant, party, jti, until))
    ? grant(undefined, [unused(singleUse)])
    : refuseReplayed(singleUse);
};

/** What becomes of a granted request of which the use at `place` turns out to be spent, and those before it do not. */
export const refuseSpent = (
  evidence: Pick<Evidence, 'told'>,
  uses: readonly ProofUse[],
  place: number,
): RefusedOutcome => {
  const use = uses[place];
  if (use === undefined) throw new RangeError('a single use is spent that was not asked for');
  evidence.told(grant(undefined, uses.slice(0, place).map(unused)));
  evidence.told(refuseReplayed(use));
  return { ok: false, reason: 'replayed', presentedTokenError: use.presentedTokenError };
};
