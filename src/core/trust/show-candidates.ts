import type { ServiceAccount } from '../accounts/service-account.ts';
import { type Check, failed, passed } from '../activity/check.ts';
import type { ThirdPartyClaims } from '../jwt/claims.ts';
import { type Assessment, assessExpression, isMet } from './assess-candidate.ts';
import { subjectText } from './federation-index.ts';
import { commonPrefix, nearForm } from './near-form.ts';

/** The most lines that are shown about candidates; the nearest come first. */
const maxLines = 2000;

/** The most expressions one decision evaluates. Beyond it nothing is decided, for a second match could be missed. */
export const maxExpressions = 50;

/**
 * The nearest of what was assessed, at most `count`, with what their expressions say; those whose expression it would be
 * too dear to ask are left out.
 *
 * @param evaluated those whose expression was asked already
 */
export const showNearest = (
  assessments: readonly Assessment[],
  token: ThirdPartyClaims,
  count: number,
  evaluated: ReadonlySet<Assessment> = new Set(),
): readonly Assessment[] =>
  pickNearest(assessments, token.subject, count)
    .filter(({ candidate }, index) => index < maxExpressions || candidate.federation.cel === null)
    .map((assessment) => (evaluated.has(assessment) ? assessment : assessExpression(assessment, token)));

/**
 * The nearest: those that cover the subject first, then those that lack the least, then those whose subject begins
 * most like the presented one.
 */
const pickNearest = (
  assessments: readonly Assessment[],
  subject: string,
  count: number,
): readonly Assessment[] => {
  const form = nearForm(subject);
  return assessments
    .map((assessment) => ({
      assessment,
      rank: [
        assessment.candidate.covers(subject) ? 0 : 1,
        assessment.findings.filter(({ ok }) => !ok).length,
        -commonPrefix(nearForm(subjectText(assessment.candidate)), form),
      ],
    }))
    .toSorted((one, other) => compareRanks(one.rank, other.rank))
    .slice(0, count)
    .map(({ assessment }) => assessment);
};

const compareRanks = (one: readonly number[], other: readonly number[]): number =>
  one.map((part, index) => part - (other[index] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** Each candidate under a line that says whose it is. */
export const describeAll = (assessments: readonly Assessment[]): readonly Check[] => {
  const lines: Check[] = [];
  for (const assessment of assessments) {
    if (lines.length + assessment.findings.length >= maxLines) break;
    lines.push(describeOwner(assessment), ...assessment.findings.map(({ describe }) => describe()));
  }
  return lines;
};

const describeOwner = (assessment: Assessment): Check => {
  const { account, federation } = assessment.candidate;
  const whose = `${describeAccount(account)}, federation ${federation.id}`;
  return isMet(assessment)
    ? passed('federation.candidate', whose, 'matches')
    : failed('federation.candidate', whose, 'does not match');
};

/** An account as checks name it. */
export const describeAccount = ({ name, id }: ServiceAccount): string => `account ${name} (${id})`;
