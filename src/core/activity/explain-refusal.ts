import type { RefusalReason } from '../oauth/reasons.ts';
import { type ReasonSentences, reasonSentences, sentencesOfCheck } from '../oauth/reason-sentences.ts';
import type { Check } from './check.ts';
import { describeCause, subjectOf } from './describe-cause.ts';
import { fillIn } from './fill-in.ts';
import { checksBesideCandidates, groupCandidates } from './group-candidates.ts';
import { adviseOn } from './platform-advice.ts';
import { present } from './present.ts';
import { readableCheck } from './readable-check.ts';
import type { ExplainingFacts, Refusal } from './refusal.ts';

/** What happened, why, and what to do: for the administrator who opens a receipt. */
export interface Explanation {
  /** One sentence: what happened. */
  readonly summary: string;
  /** Every check that failed, the nearest candidate's alone where there are several, each in plain words. */
  readonly causes: readonly { readonly check: string; readonly sentence: string }[];
  /** What to do now, and where. */
  readonly change: string;
}

/** The most causes that are told. */
const maxCauses = 20;

/**
 * Why a request was refused, derived from what was kept of it. Pure: reading a receipt again gives the same words, but for
 * what was registered meanwhile. `null` where `reason` is none of a refusal.
 */
export const explainRefusal = (refusal: Refusal, facts: ExplainingFacts): Explanation | null => {
  const failures = failuresOf(refusal.checks);
  const [first] = failures;
  const words = sentencesOf(refusal.reason, first?.check);
  if (words === null) return null;
  const advice = failures.map((check) => adviseOn(check, refusal, facts));
  const exact = {
    issuer: refusal.issuer,
    subject: refusal.subject,
    audience: refusal.audience,
    account: refusal.account?.name ?? null,
  };
  const shown = {
    ...(first === undefined ? nothingKnown : { ...readableCheck(first), what: subjectOf(first.check) }),
    ...Object.fromEntries(
      Object.entries(exact).map(([name, value]) => [name, value === null ? unknown : present(value)]),
    ),
  };
  return {
    summary: fillIn(words.summary, { shown, exact }),
    causes: failures.map((check, index) => ({
      check: check.check,
      sentence: tellCause(check, advice[index]?.sentences ?? []),
    })),
    change: advice[0]?.change ?? fillIn(words.change, { shown, exact }),
  };
};

/** Checks whose general hint says no more than what is known of the platform, or of the issuers that are registered. */
const tellsLess: ReadonlySet<string> = new Set([
  'federation.audience',
  'claims.lifetime',
  'token.form',
  'issuer.registered',
  'door.own-key',
  'assertion.account',
]);

const tellCause = (check: Check, known: readonly string[]): string =>
  [
    describeCause(check),
    ...(check.hint === undefined || (known.length > 0 && tellsLess.has(check.check)) ? [] : [check.hint]),
    ...known,
  ].join(' ');

const unknown = 'of the token';

const nothingKnown = { what: 'What was presented', expected: 'something else', presented: 'something else' };

/** One reason may come from checks that mean different things to do. */
const sentencesOf = (reason: string, check: string | undefined): ReasonSentences | null => {
  if (!Object.hasOwn(reasonSentences, reason)) return null;
  const ofCheck = check === undefined ? undefined : sentencesOfCheck[`${reason} ${check}`];
  return ofCheck ?? reasonSentences[reason as RefusalReason];
};

/** What failed beside the candidates, and what the nearest of them lacks. */
const failuresOf = (checks: readonly Check[]): readonly Check[] => {
  const [nearest] = groupCandidates(checks).filter(({ matches }) => !matches);
  return [...checksBesideCandidates(checks), ...(nearest?.checks ?? [])]
    .filter(({ ok }) => !ok)
    .slice(0, maxCauses);
};
