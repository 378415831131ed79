import { refuseDescription, refuseDisplayName } from '../accounts/refuse-name.ts';
import { parseSvidSubject, type SubjectWorld, type SvidSubject } from '../issuance/svid/svid-subject.ts';
import { parseTemplate, type Template, type TemplateProblem } from '../issuance/template/template.ts';
import { findUnsafeNumber } from '../json-numbers.ts';
import { fail, ok, type Result } from '../result.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import type { CredentialProvider, CustomClaim } from './credential-provider.ts';

/** A credential provider as it is asked for, by a create or by an edit after the merge. */
export type CredentialProviderInput = Omit<
  CredentialProvider,
  'tenant' | 'id' | 'createdAt' | 'updatedAt' | 'version'
>;

/** What the rules know of the tenant. */
export interface CredentialProviderWorld extends SubjectWorld {
  /** Those of the accounts named by the input that exist. */
  readonly accounts: ReadonlySet<string>;
}

/** A recipe read once: what issuing needs of a provider. */
export interface CompiledProvider {
  readonly subject: SvidSubject;
  readonly claims: readonly CompiledClaim[];
}

/** A custom claim: its value, or the template of it. */
export interface CompiledClaim {
  readonly name: string;
  readonly value: { readonly literal: string | number | boolean } | { readonly template: Template };
}

/** JWT-SVIDs live an hour at most (SV-13). */
export const maxLifetimeMinutes = 60;
const maxClaims = 50;
const maxAccounts = 1000;

/** Claims that are ours to set, or that other programs read as power (A76). Compared without case. */
export const protectedClaims: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'cnf',
  'act',
  'scope',
  'client_id',
]);

/** The one place of every invariant of a credential provider, for create and edit alike; all problems at once. */
export const parseCredentialProvider = (
  input: CredentialProviderInput,
  world: CredentialProviderWorld,
): Result<CompiledProvider, readonly RegistrationProblem[]> => {
  const name = refuseDisplayName(input.name);
  const subject = parseSvidSubject(input.subject, world);
  const claims = parseClaims(input.claims, world);
  const problems = [
    ...(name === null ? [] : [problem('/name', name)]),
    ...refuseDescription(input.description),
    ...(/^[\x21-\x7e]{1,64}$/.test(input.resourceSet)
      ? []
      : [problem('/resourceSet', 'A resource set has 1 to 64 printable ASCII characters without spaces.')]),
    ...refuseAccounts(input.serviceAccounts, world.accounts),
    ...(subject.ok ? [] : [at('/subject/value', subject.error)]),
    ...refuseAudience(input.audience),
    ...(Number.isInteger(input.lifetimeMinutes) &&
    input.lifetimeMinutes >= 1 &&
    input.lifetimeMinutes <= maxLifetimeMinutes
      ? []
      : [problem('/lifetimeMinutes', `Give a whole number of minutes, 1 to ${maxLifetimeMinutes}.`)]),
    ...(claims.ok ? [] : claims.error),
  ];
  if (problems.length > 0 || !subject.ok || !claims.ok) return fail(problems);
  return ok({ subject: subject.value, claims: claims.value });
};

const at = (path: string, { position, message }: TemplateProblem): RegistrationProblem =>
  problem(path, `At position ${position}: ${message}`);

const refuseAccounts = (
  ids: readonly string[],
  known: ReadonlySet<string>,
): readonly RegistrationProblem[] => {
  if (ids.length > maxAccounts) return [problem('/serviceAccounts', `At most ${maxAccounts} accounts.`)];
  return ids.flatMap((id, index) => {
    if (!known.has(id))
      return [problem(`/serviceAccounts/${index}`, 'There is no such service account in this tenant.')];
    return ids.indexOf(id) === index
      ? []
      : [problem(`/serviceAccounts/${index}`, 'This account is there already. Remove the repetition.')];
  });
};

const refuseAudience = (audience: string): readonly RegistrationProblem[] => {
  if (audience === '' || audience.length > 512 || !/^[\u0021-\u007e]+$/.test(audience) || audience === '*')
    return [
      problem(
        '/audience',
        'The audience is one service: 1 to 512 printable ASCII characters without spaces.',
      ),
    ];
  // A whole trust domain as the audience would let every service in it present the token to every other (SV-12).
  return /^spiffe:\/\/[^/]*\/?$/i.test(audience)
    ? [
        problem(
          '/audience',
          'A trust domain is no audience: name the one service that is to accept the JWT-SVID.',
        ),
      ]
    : [];
};

const parseClaims = (
  inputs: readonly CustomClaim[],
  world: CredentialProviderWorld,
): Result<readonly CompiledClaim[], readonly RegistrationProblem[]> => {
  if (inputs.length > maxClaims) return fail([problem('/claims', `At most ${maxClaims} claims.`)]);
  const problems: RegistrationProblem[] = [];
  const claims: CompiledClaim[] = [];
  const seen = new Set<string>();
  inputs.forEach((input, index) => {
    const path = `/claims/${index}`;
    const wrong = refuseClaimName(input.name, seen);
    seen.add(input.name);
    if (wrong !== null) problems.push(problem(`${path}/name`, wrong));
    if (input.type === 'literal') {
      if (findUnsafeNumber(input.value) !== null)
        problems.push(
          problem(
            `${path}/value`,
            'A number here is at most 2^53 - 1 (9007199254740991): a larger one would leave as another. Write it as a string.',
          ),
        );
      claims.push({ name: input.name, value: { literal: input.value } });
      return;
    }
    const template = parseTemplate(input.value, world);
    if (template.ok) claims.push({ name: input.name, value: { template: template.value } });
    else problems.push(at(`${path}/value`, template.error));
  });
  return problems.length === 0 ? ok(claims) : fail(problems);
};

const refuseClaimName = (name: string, seen: ReadonlySet<string>): string | null => {
  if (name === '' || name.length > 128 || !/^[\u0021-\u007e]+$/.test(name) || name === '__proto__')
    return 'The name of a claim has 1 to 128 printable ASCII characters without spaces.';
  if (protectedClaims.has(name.toLowerCase()))
    return `The claim ${name} is set by this server, or by nobody: it cannot be a claim of a credential provider. Choose another name.`;
  return seen.has(name) ? 'This claim is there already. Remove the repetition.' : null;
};
