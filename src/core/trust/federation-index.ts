import type { ServiceAccount } from '../accounts/service-account.ts';
import type { Block } from '../blocks/block.ts';
import type { Blocks } from '../blocks/blocks.ts';
import type { Result } from '../result.ts';
import { type CompiledFederation, compileFederation } from './compile-federation.ts';
import type { Federation } from './federation.ts';
import { commonPrefix, nearForm } from './near-form.ts';
import { compilePattern, literalPrefix } from './pattern.ts';
import type { RegistrationProblem } from './registration-problem.ts';

/** One federation of one account, as something a token may turn out to be. */
export interface Candidate {
  readonly account: ServiceAccount;
  readonly federation: Federation;
  /** The blocks of the account and of the federation; nearly always none. */
  readonly blocks: readonly Block[];
  /** Whether the exact subject or the pattern covers a subject. */
  readonly covers: (subject: string) => boolean;
  /** Compiled when first asked for; problems where a stored federation no longer compiles. Such a one only ever refuses. */
  readonly compiled: () => Result<CompiledFederation, readonly RegistrationProblem[]>;
}

/** What is blocked of candidates. */
export type CandidateBlocks = Pick<Blocks, 'account' | 'federation'>;

/**
 * Federations on one issuer, ready to be asked: all of them, or as many as a decision about one subject needs, which is
 * every one that covers it. Immutable.
 */
export interface FederationIndex {
  readonly issuer: string;
  /** Every candidate whose exact subject or pattern covers `subject`: the exact ones first, then those of ever shorter patterns. */
  readonly covering: (subject: string) => readonly Candidate[];
  /** Every candidate of one account. */
  readonly ofAccount: (accountId: string) => readonly Candidate[];
  /** At most `limit` candidates whose subject or pattern begins most like `subject`, for evidence. */
  readonly nearest: (subject: string, limit: number) => readonly Candidate[];
  /** The index as it would be with `account`, in the place of the one with its id where there is one. */
  readonly withAccount: (account: ServiceAccount, blocks: CandidateBlocks) => FederationIndex;
}

/**
 * Builds the index of the federations that `accounts` have on `issuer`; others are left out. Accounts of any status
 * belong in it, so that a disabled or blocked one can be named as the reason.
 */
export const buildFederationIndex = (
  accounts: readonly ServiceAccount[],
  issuer: string,
  blocks: CandidateBlocks,
): FederationIndex => {
  const candidates = accounts.flatMap((account) => buildCandidates(account, issuer, blocks));

  const bySubject = Map.groupBy(candidates, ({ federation }) => federation.subject);
  // Each distinct pattern is tried once, and only where the subject begins with its literal part.
  const byPattern = Map.groupBy(
    candidates.filter(({ federation }) => federation.subject === null),
    ({ federation }) => federation.subjectPattern ?? '',
  );
  const byPrefix = Map.groupBy(byPattern.entries(), ([pattern]) => literalPrefix(pattern));
  const prefixLengths = [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))].toSorted(
    (one, other) => other - one,
  );
  const byAccount = Map.groupBy(candidates, ({ account }) => account.id);
  const sorted = once(() =>
    candidates
      .map((candidate): Placed => ({ candidate, form: nearForm(subjectText(candidate)) }))
      .toSorted((one, other) => compareCodeUnits(one.form, other.form)),
  );

  return {
    issuer,

    covering: (subject) => {
      const groups = [bySubject.get(subject) ?? []];
      for (const length of prefixLengths) {
        if (length > subject.length) continue;
        for (const [, group] of byPrefix.get(subject.slice(0, length)) ?? []) {
          if (group[0]?.covers(subject) === true) groups.push(group);
        }
      }
      return groups.flat();
    },

    ofAccount: (accountId) => byAccount.get(accountId) ?? [],

    // In sorted order the texts with the longest common beginning stand next to where the subject itself would.
    nearest: (subject, limit) => {
      const all = sorted();
      const form = nearForm(subject);
      const place = firstNotBefore(all, form);
      return all
        .slice(Math.max(0, place - limit), place + limit)
        .toSorted((one, other) => commonPrefix(other.form, form) - commonPrefix(one.form, form))
        .slice(0, limit)
        .map(({ candidate }) => candidate);
    },

    withAccount: (account, blocksNow) =>
      buildFederationIndex([...accounts.filter(({ id }) => id !== account.id), account], issuer, blocksNow),
  };
};

/**
 * The index of those that cover one subject, for a decision about that subject and no other; what is near to it is not in
 * it. Made at every exchange, so nothing is sorted here.
 */
export const indexOfCovering = (issuer: string, covering: readonly Candidate[]): FederationIndex => ({
  issuer,
  covering: (subject) => covering.filter(({ covers }) => covers(subject)),
  ofAccount: (accountId) => covering.filter(({ account }) => account.id === accountId),
  nearest: (_subject, limit) => covering.slice(0, limit),
  withAccount: (account, blocks) =>
    buildFederationIndex(
      [...new Set(covering.map((candidate) => candidate.account))],
      issuer,
      blocks,
    ).withAccount(account, blocks),
});

/** What a token of `issuer` may turn out to be where it is for `account`, in the order of its federations. */
export const buildCandidates = (
  account: ServiceAccount,
  issuer: string,
  blocks: CandidateBlocks,
): readonly Candidate[] =>
  account.federations
    .filter((federation) => federation.issuer === issuer)
    .map((federation) => buildCandidate(account, federation, blocks));

const buildCandidate = (
  account: ServiceAccount,
  federation: Federation,
  blocks: CandidateBlocks,
): Candidate => {
  const { subject, subjectPattern } = federation;
  const pattern = once(() => compilePattern(subjectPattern ?? ''));
  return {
    account,
    federation,
    blocks: [blocks.account(account.id), blocks.federation(federation.id)].filter((block) => block !== null),
    covers: (presented) => {
      if (subject !== null) return presented === subject;
      const covers = pattern();
      return covers.ok && covers.value(presented);
    },
    compiled: once(() => compileFederation(federation)),
  };
};

/** The exact subject or the pattern, whichever is registered. */
export const subjectText = ({ federation }: Pick<Candidate, 'federation'>): string =>
  federation.subject ?? federation.subjectPattern ?? '';

const compareCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** A candidate with the form by which it is sorted. */
interface Placed {
  readonly candidate: Candidate;
  readonly form: string;
}

/** Where in `sorted` the first candidate stands whose form does not come before `form`. */
const firstNotBefore = (sorted: readonly Placed[], form: string): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const placed = sorted[middle];
    if (placed !== undefined && placed.form < form) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** `make`, called the first time and remembered. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
