import { type Check, failed, passed } from '../activity/check.ts';
import { present, presentAll, presentText } from '../activity/present.ts';
import { describeBlock, reasonOfBlock } from '../blocks/check-blocks.ts';
import type { ThirdPartyClaims } from '../jwt/claims.ts';
import type { RefusalReason } from '../oauth/reasons.ts';
import type { Candidate } from './federation-index.ts';
import { hintAudience } from './hint-audience.ts';
import { hintSubject } from './hint-subject.ts';

/** A token may name hundreds of audiences; an explanation is looked for in the first few. */
const maxHintedAudiences = 8;

/** One requirement of a candidate held against a token. Cheap to have; the evidence is written when it is asked for. */
interface Finding {
  readonly ok: boolean;
  /** What about the token, or about the registration, it holds against the other. */
  readonly about: 'token' | 'status' | 'block';
  /** Why the candidate is refused when this is its first failure. */
  readonly reason: RefusalReason;
  readonly describe: () => Check;
}

/** A candidate with what was found about it. */
export interface Assessment {
  readonly candidate: Candidate;
  readonly findings: readonly Finding[];
}

/** Whether every requirement is met. */
export const isMet = ({ findings }: Assessment): boolean => findings.every(({ ok }) => ok);

/**
 * Whether the token is one for this candidate, and a kill switch stops the candidate. The status of the account does not
 * matter: disabling what is blocked does not open what the block closed.
 */
export const isBarred = ({ findings }: Assessment): boolean =>
  findings.some(({ about }) => about === 'block') &&
  findings.every(({ ok, about }) => ok || about !== 'token');

/** What bars it: its first block; `null` where it has none. */
export const blockReason = ({ findings }: Assessment): RefusalReason | null =>
  findings.find(({ about }) => about === 'block')?.reason ?? null;

/** Holds everything but the CEL expression against the token: subject, audience, conditions, blocks, status of the account. */
export const assessCandidate = (candidate: Candidate, token: ThirdPartyClaims): Assessment => ({
  candidate,
  findings: [
    assessSubject(candidate, token.subject),
    assessAudience(candidate, token.audiences),
    ...assessConditions(candidate, token),
    ...assessBlocks(candidate),
    assessStatus(candidate),
  ],
});

/** Adds what the CEL expression says, where the federation has one; last, for it costs the most. */
export const assessExpression = (assessment: Assessment, token: ThirdPartyClaims): Assessment => {
  const { candidate, findings } = assessment;
  const compiled = candidate.compiled();
  if (!compiled.ok || compiled.value.cel === null) return assessment;
  const { ok, detail } = compiled.value.cel(token.claims);
  const expected = `true from ${presentText(candidate.federation.cel ?? '')}`;
  const cel: Finding = {
    ok,
    about: 'token',
    reason: 'condition_unmet',
    describe: () =>
      ok
        ? passed('federation.cel', expected, detail)
        : failed('federation.cel', expected, detail, hintForCel),
  };
  return { candidate, findings: [...findings, cel] };
};

const hintForCel =
  'Hold the expression against the claims of this receipt; a claim that may be absent needs has(claims.NAME) before it.';

const assessSubject = (candidate: Candidate, subject: string): Finding => {
  const { federation } = candidate;
  const ok = candidate.covers(subject);
  return {
    ok,
    about: 'token',
    reason: 'subject_not_registered',
    describe: () => {
      const expected =
        federation.subject === null
          ? `matches ${present(federation.subjectPattern ?? '')}`
          : present(federation.subject);
      return ok
        ? passed('federation.subject', expected, present(subject))
        : failed(
            'federation.subject',
            expected,
            present(subject),
            hintSubject(federation.subject ?? federation.subjectPattern ?? '', subject) ?? hintForSubject,
          );
    },
  };
};

const hintForSubject =
  'This federation is for another workload. If the presented one is meant, add a federation with its subject.';

/** The registered audience, compared exactly, and no other unless the federation says so (ST-18, ST-19). */
const assessAudience = ({ federation }: Candidate, audiences: readonly string[]): Finding => {
  const named = audiences.includes(federation.audience);
  const ok = named && (audiences.length === 1 || federation.allowAdditionalAudiences);
  return {
    ok,
    about: 'token',
    reason: named ? 'audience_several' : 'audience_mismatch',
    describe: () => {
      const expected = present(federation.audience);
      const presented = presentAll(audiences);
      return ok
        ? passed('federation.audience', expected, presented)
        : failed('federation.audience', expected, presented, explainAudience(federation.audience, audiences));
    },
  };
};

const explainAudience = (registered: string, audiences: readonly string[]): string =>
  audiences.includes(registered)
    ? 'Whoever else the token is for could replay it here. Have the workload ask for one audience, or set allowAdditionalAudiences.'
    : (audiences
        .slice(0, maxHintedAudiences)
        .map((audience) => hintAudience(registered, audience))
        .find((hint) => hint !== undefined) ??
      'Have the workload ask its platform for the registered audience, to the letter.');

const hintForCondition =
  'If this workload is meant after all, change the condition; if not, it did its work.';

const assessConditions = (candidate: Candidate, token: ThirdPartyClaims): readonly Finding[] => {
  const compiled = candidate.compiled();
  if (!compiled.ok) {
    const problems = compiled.error.map(({ path, message }) => `${path}: ${message}`).join(' ');
    return [
      {
        ok: false,
        about: 'token',
        reason: 'condition_unmet',
        describe: () =>
          failed(
            'federation.definition',
            'a federation that can be read',
            presentText(problems),
            'Register it anew.',
          ),
      },
    ];
  }
  return compiled.value.conditions.map(({ claim, find, holds, expected, hint }, index): Finding => {
    const presented = find(token.claims);
    const ok = holds(presented);
    const check = `federation.condition.${index}`;
    const wanted = `${claim}: ${expected}`;
    return {
      ok,
      about: 'token',
      reason: 'condition_unmet',
      describe: () =>
        ok
          ? passed(check, wanted, present(presented))
          : failed(check, wanted, present(presented), hint(presented) ?? hintForCondition),
    };
  });
};

const assessStatus = ({ account }: Candidate): Finding => ({
  ok: account.status === 'enabled',
  about: 'status',
  reason: 'account_disabled',
  describe: () =>
    account.status === 'enabled'
      ? passed('account.status', 'enabled', account.status)
      : failed(
          'account.status',
          'enabled',
          account.status,
          `Enable the account ${account.name}, if it should work.`,
        ),
});

/** Only what is blocked is a finding. */
const assessBlocks = ({ blocks }: Candidate): readonly Finding[] =>
  blocks.map((block) => ({
    ok: false,
    about: 'block',
    reason: reasonOfBlock[block.target.kind],
    describe: () => describeBlock(block),
  }));
