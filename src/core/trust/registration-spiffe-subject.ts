import { parseSpiffeId } from '../spiffe/spiffe-id.ts';
import { problem, type RegistrationProblem } from './registration-problem.ts';
import type { SubjectRequirement } from './registration-subject.ts';

/** Where a pattern may have its one star: it stands for whole segments of the path (CA-22). */
const wildcard = '/*';

/**
 * What is wrong with the subject of a federation on the SPIFFE trust domain of this name; empty: nothing. Exact, or
 * everything below one path; always within the trust domain and never all of it (CA-22, A31).
 */
export const checkSpiffeSubject = (
  { subject, subjectPattern }: Pick<SubjectRequirement, 'subject' | 'subjectPattern'>,
  trustDomain: string,
): readonly RegistrationProblem[] => {
  if (subject !== null && subjectPattern !== null)
    return [problem('/subjectPattern', 'Give either subject or subjectPattern, not both.')];
  if (subjectPattern !== null) {
    const refusal = refusePattern(subjectPattern, trustDomain);
    return refusal === null ? [] : [problem('/subjectPattern', refusal)];
  }
  const refusal =
    subject === null
      ? `The subject is missing: every workload of ${trustDomain} would be let in. Give the SPIFFE ID of the workload.`
      : refuseId(subject, trustDomain);
  return refusal === null ? [] : [problem('/subject', refusal)];
};

const refusePattern = (pattern: string, trustDomain: string): string | null => {
  const stem = pattern.slice(0, -wildcard.length);
  if (!pattern.endsWith(wildcard) || stem.includes('*'))
    return `A pattern of SPIFFE IDs ends with /* and has no other *: it stands for whole segments. Write one such as spiffe://${trustDomain}/ns/payments/*, or give the SPIFFE ID itself as subject.`;
  return refuseId(stem, trustDomain);
};

const refuseId = (text: string, trustDomain: string): string | null => {
  if (text.includes('*'))
    return 'The subject is compared exactly, so the * would stand for itself. Use subjectPattern for a pattern.';
  const id = parseSpiffeId(text);
  if (!id.ok) return id.error;
  if (id.value.trustDomain !== trustDomain)
    return `This is an ID of ${id.value.trustDomain}, and the issuer is the trust domain ${trustDomain}: it vouches for its own workloads only.`;
  return id.value.path === ''
    ? `This is the whole trust domain. Name the workload, or the path its workloads are below, as in spiffe://${trustDomain}/ns/payments/*.`
    : null;
};
