import type { Party } from './activity.ts';
import type { Check } from './check.ts';

/** One federation that a token was held against, with what was found. */
export interface CandidateChecks {
  readonly account: Party | null;
  /** Id of the federation. */
  readonly federation: string | null;
  /** Whether the token meets everything it asks for. */
  readonly matches: boolean;
  readonly checks: readonly Check[];
}

/** The check that stands above those of one candidate. */
const heading = 'federation.candidate';

/** Whether a check below a heading is about that candidate, and not about what was looked at afterwards. */
const isAboutCandidate = ({ check }: Check): boolean =>
  /^(?:federation\.|account\.(?:status|block)$)/.test(check);

/** The checks about federations under the candidate each belongs to, in the order they were made: the nearest first. */
export const groupCandidates = (checks: readonly Check[]): readonly CandidateChecks[] => {
  const groups: { readonly head: Check; readonly checks: Check[] }[] = [];
  let open = false;
  for (const check of checks) {
    if (check.check === heading) {
      groups.push({ head: check, checks: [] });
      open = true;
    } else {
      open = open && isAboutCandidate(check);
      if (open) groups.at(-1)?.checks.push(check);
    }
  }
  return groups.map(({ head, checks: own }) => ({
    ...readHeading(head.expected),
    matches: head.ok,
    checks: own,
  }));
};

/** The checks that belong to no candidate. */
export const checksBesideCandidates = (checks: readonly Check[]): readonly Check[] => {
  const grouped = new Set(groupCandidates(checks).flatMap((candidate) => candidate.checks));
  return checks.filter((check) => check.check !== heading && !grouped.has(check));
};

/** Read from its end, because the name of an account may hold anything. */
const readHeading = (text: string): Pick<CandidateChecks, 'account' | 'federation'> => {
  const [, name, id, federation] = /^account (.*) \(([^()]*)\), federation (\S+)$/su.exec(text) ?? [];
  return {
    account: name === undefined || id === undefined ? null : { id, name },
    federation: federation ?? null,
  };
};
