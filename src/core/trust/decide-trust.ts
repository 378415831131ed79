import type { ServiceAccount } from '../accounts/service-account.ts';
import { partyOf } from '../activity/activity.ts';
import { type Check, failed, grant, passed, refuse, type Seen, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import type { ThirdPartyClaims } from '../jwt/claims.ts';
import {
  type Assessment,
  assessCandidate,
  assessExpression,
  blockReason,
  isBarred,
  isMet,
} from './assess-candidate.ts';
import type { Federation } from './federation.ts';
import type { Candidate, FederationIndex } from './federation-index.ts';
import { describeAccount, describeAll, maxExpressions, showNearest } from './show-candidates.ts';

/** Whom a third-party token stands for, and by which federation. */
export interface TrustDecision {
  readonly account: ServiceAccount;
  readonly federation: Federation;
}

/** How much of what was looked at the checks show. What is decided never depends on it. */
export interface Detail {
  /** The most candidates that are shown. */
  readonly candidates: number;
  /** Whether those that did not decide are shown beside the one that matches. */
  readonly others: boolean;
}

/** What an activity keeps: of a refusal the nearest five, of a token its own registration. */
export const receiptDetail: Detail = { candidates: 5, others: false };

/** What explain shows: every candidate, within reason. */
export const fullDetail: Detail = { candidates: 200, others: true };

/** The most candidates that are looked at for evidence alone. */
const maxAssessed = 200;

/**
 * Decides whom a third-party token stands for; the same function for every door and for explain (contract §3).
 *
 * A candidate must meet everything: subject, audience, conditions, expression, enabled account. All that cover the subject
 * are looked at, never the first alone: two accounts that both match are refused (ST-33), two federations of one account
 * are fine. A `client_id` narrows the choice to its account and never widens it.
 *
 * A candidate that the token is for and that is blocked, itself or its account, refuses the token whatever else matches
 * and whatever the `client_id`: a kill switch never makes a token be issued that was refused without it (A65).
 *
 * @param index the federations on the issuer of the token, whose signature was verified
 * @param clientId as sent, or `null`
 * @returns refused with `account_blocked`, `federation_blocked`, `client_id_mismatch`, `federation_ambiguous`, or the first
 * thing the nearest candidate failed: `subject_not_registered`, `audience_mismatch`, `audience_several`, `condition_unmet`,
 * `account_disabled`. The checks are those of as many candidates as `detail` says, nearest first
 */
export const decideTrust = (
  index: FederationIndex,
  token: ThirdPartyClaims,
  clientId: string | null,
  detail: Detail = receiptDetail,
): Verdict<TrustDecision> => {
  const covering = index.covering(token.subject);
  const audiences = new Set(token.audiences);
  const addressed = covering
    .filter(({ federation }) => audiences.has(federation.audience))
    .map((candidate) => assessCandidate(candidate, token));
  const promising = addressed.filter((assessment) => isMet(assessment) || isBarred(assessment));
  if (promising.filter(({ candidate }) => candidate.federation.cel !== null).length > maxExpressions) {
    return refuse('federation_ambiguous', [tooManyExpressions]);
  }
  const evaluated = promising.map((assessment) => assessExpression(assessment, token));
  const matching = evaluated.filter(isMet);
  const barred = evaluated.filter(isBarred);

  const narrowed = matching.filter(({ candidate }) => clientId === null || candidate.account.id === clientId);
  const accounts = new Map(narrowed.map(({ candidate }) => [candidate.account.id, candidate.account]));
  const [match] = narrowed;
  const found = { covering, addressed, evaluated, matching };
  const stopped = barred.find(({ candidate }) => candidate.account.id === clientId) ?? barred[0];
  if (stopped !== undefined) return refuseBarred(index, token, clientId, stopped, found, detail);
  if (match === undefined) return refuseUnmatched(index, token, clientId, found, detail);
  if (accounts.size > 1) return refuseAmbiguous(narrowed, [...accounts.values()], detail);

  const { account, federation } = match.candidate;
  const others = detail.others ? assessOthers(index, token, match, found, detail) : [];
  const checks = [...clientIdCheck(clientId, account.id), ...describeAll([match, ...others])];
  return grant({ account, federation }, checks, { account: partyOf(account) });
};

/** Something the token is for is blocked: says so before all else, so that nobody is sent around the block. */
const refuseBarred = (
  index: FederationIndex,
  token: ThirdPartyClaims,
  clientId: string | null,
  stopped: Assessment,
  found: Findings,
  detail: Detail,
): Verdict<never> => {
  const { account } = stopped.candidate;
  const others = detail.others
    ? assessOthers(index, token, stopped, found, detail)
    : found.evaluated
        .filter((other) => other !== stopped && (isMet(other) || isBarred(other)))
        .slice(0, detail.candidates - 1);
  return refuse(
    blockReason(stopped) ?? 'account_blocked',
    [
      ...(clientId === account.id ? clientIdCheck(clientId, account.id) : []),
      ...describeAll([stopped, ...others]),
    ],
    { account: partyOf(account) },
  );
};

/** What else there is beside the match, nearest first; for evidence alone. */
const assessOthers = (
  index: FederationIndex,
  token: ThirdPartyClaims,
  match: Assessment,
  { covering, evaluated }: Findings,
  detail: Detail,
): readonly Assessment[] => {
  const decided = new Map(evaluated.map((assessment) => [assessment.candidate, assessment]));
  const others = new Set([
    ...covering.slice(0, maxAssessed),
    ...index.nearest(token.subject, detail.candidates),
  ]);
  others.delete(match.candidate);
  return showNearest(
    Array.from(others, (other) => decided.get(other) ?? assessCandidate(other, token)),
    token,
    detail.candidates - 1,
    new Set(decided.values()),
  );
};

/** What was found on the way to a decision. */
interface Findings {
  /** Those that cover the subject. */
  readonly covering: readonly Candidate[];
  /** Of these, those whose audience the token names. */
  readonly addressed: readonly Assessment[];
  /** Of these, those whose expression was asked: nothing else but a block or a status may stop them. */
  readonly evaluated: readonly Assessment[];
  /** Of these, those that meet everything, whatever the client id. */
  readonly matching: readonly Assessment[];
}

/** No match: says what the nearest candidates, of the named account if there is one, lack. */
const refuseUnmatched = (
  index: FederationIndex,
  token: ThirdPartyClaims,
  clientId: string | null,
  { covering, addressed, matching }: Findings,
  detail: Detail,
): Verdict<never> => {
  const ofClient = clientId === null ? null : index.ofAccount(clientId);
  const [stranger] = matching;
  if (clientId !== null && (stranger !== undefined || ofClient?.length === 0)) {
    return refuse('client_id_mismatch', [
      ...clientIdCheck(clientId, stranger?.candidate.account.id ?? null),
      ...describeAll(matching.slice(0, detail.candidates)),
    ]);
  }

  const isMeant = ({ account }: Candidate): boolean => clientId === null || account.id === clientId;
  const assessed = new Set(addressed.map(({ candidate }) => candidate));
  const others = [
    ...covering.filter(isMeant),
    ...(ofClient ?? index.nearest(token.subject, detail.candidates)),
  ]
    .filter((candidate) => !assessed.has(candidate))
    .slice(0, maxAssessed);
  const nearest = showNearest(
    [
      ...addressed.filter(({ candidate }) => isMeant(candidate)),
      ...Array.from(new Set(others), (candidate) => assessCandidate(candidate, token)),
    ],
    token,
    detail.candidates,
  );

  const client = clientIdCheck(clientId, clientId);
  const [first] = nearest;
  const failure = first?.findings.find(({ ok }) => !ok);
  if (first === undefined || failure === undefined) {
    return refuse('subject_not_registered', [...client, nothingRegistered(index.issuer, token.subject)]);
  }
  return refuse(
    failure.reason,
    [...client, ...describeAll(nearest)],
    seenOf(first.candidate, token, clientId),
  );
};

const refuseAmbiguous = (
  matching: readonly Assessment[],
  accounts: readonly ServiceAccount[],
  detail: Detail,
): Verdict<never> =>
  refuse('federation_ambiguous', [
    failed(
      'federation.unique',
      'one account',
      accounts.slice(0, receiptDetail.candidates).map(describeAccount).join(', '),
      'More than one account claims this token. Narrow the patterns or conditions until one is left, or send client_id.',
    ),
    ...describeAll(matching.slice(0, detail.candidates)),
  ]);

const clientIdCheck = (clientId: string | null, expected: string | null): readonly Check[] => {
  if (clientId === null) return [];
  const check = 'federation.client_id';
  if (clientId === expected) return [passed(check, expected, clientId)];
  return [
    failed(
      check,
      expected ?? 'an account with a federation on this issuer',
      present(clientId),
      'Send the client id of the account the token is registered for, or none.',
    ),
  ];
};

const nothingRegistered = (issuer: string, subject: string): Check =>
  failed(
    'federation.subject',
    `a federation on ${present(issuer)}`,
    present(subject),
    'No service account has a federation on this issuer. Add one with this subject.',
  );

const tooManyExpressions = failed(
  'federation.unique',
  `at most ${maxExpressions} federations with a CEL expression for one subject`,
  'more',
  'Use conditions instead of cel, or narrower subjects.',
);

/** The account is named only where the token is about it: it covers the subject, or the caller named it. */
const seenOf = ({ account, covers }: Candidate, token: ThirdPartyClaims, clientId: string | null): Seen =>
  clientId !== null || covers(token.subject) ? { account: partyOf(account) } : {};
