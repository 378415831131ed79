import { fail, ok, type Result } from '../result.ts';
import { compileFederation } from './compile-federation.ts';
import type { Condition, Federation } from './federation.ts';
import { findPreset, type IssuerPreset } from './preset.ts';
import { refuseAudience } from './registration-audience.ts';
import { type IssuerRegistrationPolicy, parseRegisteredIssuer } from './registration-issuer.ts';
import { problem, type RegistrationProblem } from './registration-problem.ts';
import { checkSpiffeSubject } from './registration-spiffe-subject.ts';
import { checkSubject } from './registration-subject.ts';
import { trustDomainOf } from './trust-domain.ts';

/** A federation as it is asked for; what is missing is `null`. */
export interface FederationInput {
  readonly issuer: string;
  readonly subject: string | null;
  readonly subjectPattern: string | null;
  readonly audience: string | null;
  readonly conditions: readonly Condition[];
  readonly cel: string | null;
  readonly allowAdditionalAudiences: boolean;
}

/** What the rules of registration know of this server. */
export interface RegistrationPolicy extends IssuerRegistrationPolicy {
  readonly presets: readonly IssuerPreset[];
  /** The issuer of the tenant; what to suggest as audience. */
  readonly ownIssuer: string;
}

/**
 * Reads a federation for registration: refuses what cannot work or is dangerous (AD-10, AD-12), each with a JSON pointer
 * into the federation and a sentence that says what to do.
 *
 * @param id the identifier the federation keeps or gets
 */
export const parseFederation = (
  input: FederationInput,
  id: string,
  policy: RegistrationPolicy,
): Result<Federation, readonly RegistrationProblem[]> => {
  const problems: RegistrationProblem[] = [];

  const issuer = parseRegisteredIssuer(input.issuer, policy);
  if (!issuer.ok) problems.push(problem('/issuer', issuer.error));

  const trustDomain = trustDomainOf(input.issuer);
  problems.push(
    ...(trustDomain === null
      ? checkSubject(input, issuer.ok ? findPreset(policy.presets, issuer.value) : null)
      : checkSpiffeSubject(input, trustDomain)),
  );

  const audience = refuseAudience(input.audience, policy.presets, policy.ownIssuer);
  if (audience !== null) problems.push(problem('/audience', audience));

  const federation: Federation = {
    id,
    issuer: input.issuer,
    subject: input.subject,
    subjectPattern: input.subjectPattern,
    audience: input.audience ?? '',
    conditions: input.conditions,
    cel: input.cel,
    allowAdditionalAudiences: input.allowAdditionalAudiences,
  };
  const compiled = compileFederation(federation);
  if (!compiled.ok) {
    const known = new Set(problems.map(({ path }) => path));
    problems.push(...compiled.error.filter(({ path }) => !known.has(path)));
  }
  return problems.length === 0 ? ok(federation) : fail(problems);
};

/** What makes two federations one: issuer, subject or pattern, audience (A43, ST-33). */
export const federationIdentity = (
  federation: Pick<FederationInput, 'issuer' | 'subject' | 'subjectPattern' | 'audience'>,
): string =>
  JSON.stringify([federation.issuer, federation.subject, federation.subjectPattern, federation.audience]);
