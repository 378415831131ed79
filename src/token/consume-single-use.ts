import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { ReplayGuard } from '../ports/replay-guard.ts';
import type { AuthenticatedAccount } from './authenticate-token.ts';

/**
 * Spends what a proof is good for once. The last step before the answer is made, so that nothing else can fail after a `jti`
 * is spent (CA-14).
 */
export const consumeSingleUse = async (
  replayGuard: Pick<ReplayGuard, 'consume'>,
  tenant: string,
  proof: Pick<AuthenticatedAccount, 'singleUse'> | null,
): Promise<Verdict<void>> => {
  if (proof === null || proof.singleUse === null) return grant(undefined);
  const { party, jti, until } = proof.singleUse;
  return (await replayGuard.consume(tenant, party, jti, until))
    ? grant(undefined, [passed('jti.unused', 'never used before', present(jti))])
    : refuse('replayed', [
        failed(
          'jti.unused',
          'never used before',
          present(jti),
          'This token works once; make a new one with a fresh jti for each request.',
        ),
      ]);
};
