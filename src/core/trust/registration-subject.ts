import type { Condition } from './federation.ts';
import { hintRegularExpression } from './hint-regular-expression.ts';
import { compilePattern, countLiteralSegments, everyStarFollowsSeparator } from './pattern.ts';
import type { IssuerPreset } from './preset.ts';
import { problem, type RegistrationProblem } from './registration-problem.ts';

/** The part of a federation that says whose tokens are meant. */
export interface SubjectRequirement {
  readonly subject: string | null;
  readonly subjectPattern: string | null;
  readonly conditions: readonly Condition[];
}

/** How many segments of a pattern must be literal before its first star, where no preset says otherwise (ST-16). */
const minimumLiteralSegments = 2;

const maxLength = 1024;

/** What is wrong with the subject of a federation on an issuer with this preset (A31, ST-16, ST-17); empty: nothing. */
export const checkSubject = (
  requirement: SubjectRequirement,
  preset: IssuerPreset | null,
): readonly RegistrationProblem[] => {
  const { subject, subjectPattern } = requirement;
  if (subject !== null && subjectPattern !== null) {
    return [problem('/subjectPattern', 'Give either subject or subjectPattern, not both.')];
  }
  const path = subjectPattern === null ? '/subject' : '/subjectPattern';
  const refusal =
    subjectPattern === null
      ? refuseExactSubject(subject)
      : (refusePatternText(subjectPattern) ?? refusePatternReach(subjectPattern, preset));
  if (refusal !== null) return [problem(path, refusal)];
  const anonymous = refuseAnonymous(requirement, subject ?? subjectPattern ?? '', preset);
  return anonymous === null ? [] : [problem(path, anonymous)];
};

const refuseExactSubject = (subject: string | null): string | null => {
  if (subject === null) {
    return 'The subject is missing: every workload of this issuer would be let in. Give the exact sub value, or a subjectPattern.';
  }
  if (subject === '') return 'The subject is empty. Give the exact sub value of the workload.';
  if (/^\*+$/.test(subject)) {
    return 'A bare * lets in every workload of this issuer. Give the exact sub value of the workload.';
  }
  if (subject.includes('*')) {
    return 'The subject is compared exactly, so the * would stand for itself. Use subjectPattern for a pattern.';
  }
  return refuseText(subject);
};

const refusePatternText = (pattern: string): string | null => {
  if (pattern === '') return 'The subjectPattern is empty. Give a pattern such as repo:acme/payments:*.';
  if (/^\*+$/.test(pattern)) {
    return 'A bare * lets in every workload of this issuer. Begin the pattern with the part that names the owner.';
  }
  if (!pattern.includes('*'))
    return 'The subjectPattern has no *. Give it as subject: it is then compared exactly.';
  const text = refuseText(pattern);
  if (text !== null) return text;
  const compiled = compilePattern(pattern);
  return compiled.ok
    ? null
    : `${compiled.error.replace(/\.$/, '')}. Give a pattern such as repo:acme/payments:*.`;
};

const refusePatternReach = (pattern: string, preset: IssuerPreset | null): string | null => {
  if (preset !== null && !preset.patterns.allowed) {
    return `Patterns are refused for ${preset.title}: its subjects are single identifiers that do not say whose they are. Give the exact subject.`;
  }
  if (!everyStarFollowsSeparator(pattern)) {
    return (
      hintRegularExpression(pattern) ??
      'Each * must come directly after a / or a :, otherwise repo:acme* would also let in repo:acme-evil. Put the separator before the *.'
    );
  }
  const wanted = preset?.patterns.minimumLiteralSegments ?? minimumLiteralSegments;
  if (countLiteralSegments(pattern) >= wanted) return null;
  const whose = preset?.shared === true ? ` ${preset.title} serves strangers too:` : '';
  return `The pattern leaves too much open.${whose} write at least ${wanted} segments in full before the first *, so that the owner is named, as in repo:acme/*.`;
};

/** On a shared issuer the subject, or a condition, must say whose workload it is (ST-17). */
const refuseAnonymous = (
  requirement: SubjectRequirement,
  text: string,
  preset: IssuerPreset | null,
): string | null => {
  if (preset === null || preset.subjectStarts.length === 0) return null;
  if (preset.subjectStarts.some((start) => text.startsWith(start))) return null;
  const names = (condition: Condition): boolean =>
    preset.ownerClaims.includes(condition.claim) && !('matches' in condition);
  if (requirement.conditions.some(names)) return null;
  const claims =
    preset.ownerClaims.length === 0
      ? ''
      : `, or add a condition with equals on ${preset.ownerClaims.join(' or ')}`;
  return `This subject does not name its owner, and ${preset.title} serves strangers too. Begin it with ${preset.subjectStarts.join(' or ')}${claims}.`;
};

const refuseText = (text: string): string | null => {
  if (text.length > maxLength) return `The subject is longer than ${maxLength} characters.`;
  if (/\p{Cc}/u.test(text)) return 'The subject contains a control character. Give the exact sub value.';
  return null;
};
