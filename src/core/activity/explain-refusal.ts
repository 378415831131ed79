import type { RefusalReason } from '../oauth/reasons.ts';
import { type ReasonSentences, reasonSentences } from '../oauth/reason-sentences.ts';
import type { IssuerPreset } from '../trust/preset.ts';
import type { Activity } from './activity.ts';
import type { Check } from './check.ts';
import { describeCause } from './describe-cause.ts';
import { checksBesideCandidates, groupCandidates } from './group-candidates.ts';
import { adviseOn } from './platform-advice.ts';
import { readableCheck } from './readable-check.ts';

/** What happened, why, and what to do: for the administrator who opens a receipt. */
export interface Explanation {
  /** One sentence: what happened. */
  readonly summary: string;
  /** Every check that failed, the nearest candidate's alone where there are several, each in plain words. */
  readonly causes: readonly { readonly check: string; readonly sentence: string }[];
  /** What to do now, and where. */
  readonly change: string;
}

/** The part of an activity, or of a decision that is none yet, that says why. */
export type Refusal = Pick<
  Activity,
  'reason' | 'checks' | 'presented' | 'parameters' | 'issuer' | 'subject' | 'audience' | 'account'
>;

/** What is known besides when a refusal is read. */
export interface ExplainingFacts {
  readonly presets: readonly IssuerPreset[];
  /** Issuer identifiers registered in the tenant of the refusal and in no other. */
  readonly registeredIssuers: readonly string[];
}

/** The most causes that are told. */
const maxCauses = 20;

/**
 * Why a request was refused, derived from what was kept of it. Pure: reading a receipt again gives the same words, but for
 * what was registered meanwhile. `null` where `reason` is none of a refusal.
 */
export const explainRefusal = (refusal: Refusal, facts: ExplainingFacts): Explanation | null => {
  const words = sentencesOf(refusal.reason);
  if (words === null) return null;
  const failures = failuresOf(refusal.checks);
  const [first] = failures;
  const advice = failures.map((check) => adviseOn(check, refusal, facts));
  const values = {
    ...(first === undefined
      ? { expected: 'something else', presented: 'something else' }
      : readableCheck(first)),
    issuer: refusal.issuer ?? 'of the token',
    subject: refusal.subject ?? 'of the token',
    audience: refusal.audience ?? 'of the token',
    account: refusal.account?.name ?? 'ACCOUNT',
  };
  return {
    summary: fillIn(words.summary, values),
    causes: failures.map((check, index) => ({
      check: check.check,
      sentence: [describeCause(check), check.hint, ...(advice[index]?.sentences ?? [])]
        .filter((part) => part !== undefined)
        .join(' '),
    })),
    change: fillIn(advice[0]?.change ?? words.change, values),
  };
};

const sentencesOf = (reason: string): ReasonSentences | null =>
  Object.hasOwn(reasonSentences, reason) ? reasonSentences[reason as RefusalReason] : null;

/** What failed beside the candidates, and what the nearest of them lacks. */
const failuresOf = (checks: readonly Check[]): readonly Check[] => {
  const [nearest] = groupCandidates(checks).filter(({ matches }) => !matches);
  return [...checksBesideCandidates(checks), ...(nearest?.checks ?? [])]
    .filter(({ ok }) => !ok)
    .slice(0, maxCauses);
};

const fillIn = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
