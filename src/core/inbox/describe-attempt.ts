import type { PresentedJwt } from '../activity/activity.ts';
import type { Seen } from '../activity/check.ts';
import { showMembers } from '../activity/show-members.ts';
import { type JsonObject, member } from '../json.ts';
import type { RefusalReason } from '../oauth/reasons.ts';
import { parseSpiffeId } from '../spiffe/spiffe-id.ts';
import { trustDomainIssuer } from '../trust/trust-domain.ts';
import { type AttemptIdentity, maxInboxClaims, maxInboxText } from './inbox-entry.ts';

/**
 * The reasons for which a token matched no account, and whether its signature was good by then (ST-32): what an
 * administrator may want to register. Disabled and blocked ones were meant, and bad tokens are nobody's.
 */
const inboxReasons: Partial<Record<RefusalReason, 'verified' | 'unverified'>> = {
  issuer_unknown: 'unverified',
  subject_not_registered: 'verified',
  audience_mismatch: 'verified',
  audience_several: 'verified',
  condition_unmet: 'verified',
  client_id_mismatch: 'verified',
};

/** Which entry of the inbox a refusal belongs to; `null` for one that is none of its business. */
export const identifyAttempt = (
  tenant: string,
  reason: RefusalReason,
  { issuer, subject, audience = '' }: Seen,
): AttemptIdentity | null => {
  const standing = inboxReasons[reason];
  if (standing === undefined || subject === undefined || subject === '') return null;
  const vouching = issuer ?? issuerOfWorkload(subject);
  // What is no issuer is an account, which vouches for itself with a key of its own.
  if (vouching === null || !/^(?:https?|spiffe):\/\//.test(vouching)) return null;
  return {
    tenant,
    issuer: cut(vouching),
    subject: cut(subject),
    audience: cut(audience),
    verified: standing === 'verified',
  };
};

const issuerOfWorkload = (subject: string): string | null => {
  const id = parseSpiffeId(subject);
  return id.ok ? trustDomainIssuer(id.value.trustDomain) : null;
};

const cut = (text: string): string => text.slice(0, maxInboxText).toWellFormed();

/** The sample of claims an entry keeps: of the token the attempt was about, within bounds. */
export const sampleClaims = (presented: readonly PresentedJwt[], { subject }: Seen): JsonObject | null => {
  const claims = presented
    .map((token) => token.claims)
    .find((each) => each !== null && member(each, 'sub') === subject);
  return claims === undefined || claims === null ? null : showMembers(claims, maxInboxClaims);
};
