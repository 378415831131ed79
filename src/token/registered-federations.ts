import type { ThirdPartyClaims } from '../core/jwt/claims.ts';
import type { Verdict } from '../core/activity/check.ts';
import { decideTrust, type Detail, receiptDetail, type TrustDecision } from '../core/trust/decide-trust.ts';
import type { FederationIndex } from '../core/trust/federation-index.ts';

/** The federations on one issuer, of which as many are read as one decision needs. */
export interface RegisteredFederations {
  /** At least every federation that covers `subject`. */
  covering(subject: string): Promise<FederationIndex>;
  /**
   * The same with what a refusal shows: every federation of the account `clientId`, and those that begin most like
   * `subject`, `limit` to either side.
   */
  around(subject: string, clientId: string | null, limit: number): Promise<FederationIndex>;
}

/** Federations that are all at hand. */
export const atHand = (index: FederationIndex): RegisteredFederations => ({
  covering: () => Promise.resolve(index),
  around: () => Promise.resolve(index),
});

/**
 * {@link decideTrust} over what is registered: by those that cover the subject alone, and by no others. Where they do not
 * make a token, what stands around them is read as well, so that the evidence can say what it is near to; it never changes
 * what is decided.
 */
export const decideRegistered = async (
  federations: RegisteredFederations,
  token: ThirdPartyClaims,
  clientId: string | null,
  detail: Detail = receiptDetail,
): Promise<Verdict<TrustDecision>> => {
  if (!detail.others) {
    const verdict = decideTrust(await federations.covering(token.subject), token, clientId, detail);
    if (verdict.ok) return verdict;
  }
  return decideTrust(
    await federations.around(token.subject, clientId, detail.candidates),
    token,
    clientId,
    detail,
  );
};
