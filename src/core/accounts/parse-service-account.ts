import type { AccessTokenAlgorithm } from '../jwt/algorithms.ts';
import { fail, ok, type Result } from '../result.ts';
import { adminAudience } from '../tenants/tenant.ts';
import type { Federation } from '../trust/federation.ts';
import {
  type FederationInput,
  federationIdentity,
  parseFederation,
  type RegistrationPolicy,
} from '../trust/registration.ts';
import { isOwnIssuer } from '../trust/registration-issuer.ts';
import { below, problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import { refuseDescription, refuseDisplayName } from './refuse-name.ts';
import { refuseScopes } from './parse-use-case.ts';
import type { Role } from './role.ts';
import type { ServiceAccount, Status } from './service-account.ts';
import { permitsScope, type UseCase } from './use-case.ts';

/** A service account as it is asked for, by a create or by an edit after the merge. */
export interface ServiceAccountInput {
  readonly name: string;
  readonly description: string;
  readonly owningTeam: string;
  readonly useCase: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly role: Role | null;
  readonly status: Status;
  readonly accessTokenAlgorithm: AccessTokenAlgorithm | null;
  readonly capToSubjectExpiry: boolean;
  /** Each with the identifier it keeps or gets. */
  readonly federations: readonly (FederationInput & { readonly id: string })[];
}

/** What the rules know of the tenant the account lives in. */
export interface ServiceAccountWorld {
  /** Whether the team named by the input exists. */
  readonly teamExists: boolean;
  /** Issuer identifier of the tenant. */
  readonly issuer: string;
  /** The use case named by the input, when it exists. */
  readonly useCase: UseCase | null;
  readonly registration: RegistrationPolicy;
}

/** A service account whose every invariant holds; what is left is who and when. */
export type ServiceAccountDraft = Omit<
  ServiceAccount,
  'tenant' | 'id' | 'warnings' | 'createdAt' | 'updatedAt' | 'version'
>;

/** The most federations an account may have, so that a decision stays small. */
export const maxFederationsPerAccount = 50;
/** The most audiences an account may have. */
export const maxAudiencesPerAccount = 50;

/** The one place of every invariant of a service account, for create and edit alike; all problems at once. */
export const parseServiceAccount = (
  input: ServiceAccountInput,
  world: ServiceAccountWorld,
): Result<ServiceAccountDraft, readonly RegistrationProblem[]> => {
  const name = refuseDisplayName(input.name);
  const federations = parseFederations(input.federations, world.registration);
  const problems = [
    ...(name === null ? [] : [problem('/name', name)]),
    ...refuseDescription(input.description),
    ...checkTeam(input.owningTeam, world),
    ...checkUseCaseAndScopes(input, world.useCase),
    ...checkAudiences(input, world),
    ...(federations.ok ? [] : federations.error),
  ];
  if (problems.length > 0 || !federations.ok) return fail(problems);
  return ok({
    name: input.name,
    description: input.description,
    owningTeam: input.owningTeam,
    useCase: input.useCase,
    scopes: [...new Set(input.scopes)],
    audiences: input.audiences,
    role: input.role,
    status: input.status,
    accessTokenAlgorithm: input.accessTokenAlgorithm,
    capToSubjectExpiry: input.capToSubjectExpiry,
    federations: federations.value,
  });
};

const checkTeam = (team: string, world: ServiceAccountWorld): readonly RegistrationProblem[] =>
  world.teamExists
    ? []
    : [problem('/owningTeam', `There is no team ${quote(team)}. Create it first, or name one that exists.`)];

const checkUseCaseAndScopes = (
  input: Pick<ServiceAccountInput, 'useCase' | 'scopes'>,
  useCase: UseCase | null,
): readonly RegistrationProblem[] => {
  const malformed = refuseScopes(input.scopes);
  if (useCase === null) {
    return [
      problem(
        '/useCase',
        `There is no use case ${quote(input.useCase)}. Create it first, or name one that exists.`,
      ),
      ...malformed,
    ];
  }
  if (malformed.length > 0) return malformed;
  return input.scopes.flatMap((scope, index) =>
    permitsScope(useCase, scope)
      ? []
      : [
          problem(
            `/scopes/${index}`,
            `The use case ${quote(useCase.name)} does not hold the scope ${quote(scope)}. Add it to the use case first, or choose among: ${useCase.scopes.join(' ') || 'none'}.`,
          ),
        ],
  );
};

const checkAudiences = (
  { audiences, role }: Pick<ServiceAccountInput, 'audiences' | 'role'>,
  world: ServiceAccountWorld,
): readonly RegistrationProblem[] => {
  if (audiences.length > maxAudiencesPerAccount) {
    return [problem('/audiences', `An account has at most ${maxAudiencesPerAccount} audiences.`)];
  }
  const ours = [world.issuer, ...(role === null ? [] : [adminAudience(world.issuer)])];
  return audiences.flatMap((audience, index) => {
    const path = `/audiences/${index}`;
    if (audience === '*') {
      return [
        problem(path, 'An audience names one API; there is no wildcard. Give the identifier of the API.'),
      ];
    }
    if (isOwnIssuer(world.registration.ownIssuers, audience) && !ours.includes(audience)) {
      return [
        problem(
          path,
          'This is an address of this server that the account may not call. Remove it; an account with a role may always ask for the admin API.',
        ),
      ];
    }
    if (audience === '' || audience.length > 512 || !/^[\u0021-\u007e]+$/.test(audience)) {
      return [
        problem(
          `/audiences/${index}`,
          'An audience is 1 to 512 printable ASCII characters without spaces. Give the exact value the API expects in aud.',
        ),
      ];
    }
    return audiences.indexOf(audience) === index
      ? []
      : [problem(`/audiences/${index}`, 'This audience is there already. Remove the repetition.')];
  });
};

const parseFederations = (
  inputs: ServiceAccountInput['federations'],
  policy: RegistrationPolicy,
): Result<readonly Federation[], readonly RegistrationProblem[]> => {
  if (inputs.length > maxFederationsPerAccount) {
    return fail([problem('/federations', `An account has at most ${maxFederationsPerAccount} federations.`)]);
  }
  const problems: RegistrationProblem[] = [];
  const federations: Federation[] = [];
  const seen = new Set<string>();
  inputs.forEach((input, index) => {
    const identity = federationIdentity(input);
    const parsed = parseFederation(input, input.id, policy);
    if (!parsed.ok) problems.push(...below(`/federations/${index}`, parsed.error));
    else if (seen.has(identity)) {
      problems.push(
        problem(
          `/federations/${index}`,
          'The account has a federation with this issuer, subject and audience already. Remove one of the two.',
        ),
      );
    } else federations.push(parsed.value);
    seen.add(identity);
  });
  return problems.length === 0 ? ok(federations) : fail(problems);
};

const quote = (text: string): string => JSON.stringify(text);
