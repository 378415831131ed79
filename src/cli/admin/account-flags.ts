import { roles } from '../../core/accounts/role.ts';
import { accessTokenAlgorithms } from '../../core/jwt/algorithms.ts';
import { misused } from '../command-failed.ts';
import type { MemberFlag } from './member-flags.ts';

/** Whether a resource may be used; the same everywhere. */
export const statuses = ['enabled', 'disabled'] as const;

/** The plain members of a service account (contract §5). */
export const accountFlags: readonly MemberFlag[] = [
  { member: 'name', kind: 'text', flags: '--name <name>', description: 'its name' },
  {
    member: 'description',
    kind: 'text',
    flags: '--description <text>',
    description: 'what it is for',
    emptied: null,
  },
  { member: 'owningTeam', kind: 'text', flags: '--team <name>', description: 'the team that owns it' },
  {
    member: 'useCase',
    kind: 'text',
    flags: '--use-case <name>',
    description: 'the use case that bounds its scopes',
  },
  {
    member: 'scopes',
    kind: 'list',
    flags: '--scope <scope>',
    description: 'a scope it holds',
    emptied: [],
  },
  {
    member: 'audiences',
    kind: 'list',
    flags: '--token-audience <audience>',
    description: 'what the tokens it gets may be for',
    emptied: [],
  },
  {
    member: 'role',
    kind: 'text',
    flags: '--role <role>',
    description: 'what it may do in the admin API',
    choices: roles,
    emptied: null,
  },
  {
    member: 'status',
    kind: 'text',
    flags: '--status <status>',
    description: 'whether it may be used',
    choices: statuses,
  },
  {
    member: 'accessTokenAlgorithm',
    kind: 'text',
    flags: '--access-token-algorithm <algorithm>',
    description: 'what its access tokens are signed with',
    choices: accessTokenAlgorithms,
    emptied: null,
  },
  {
    member: 'capToSubjectExpiry',
    kind: 'switch',
    flags: '--cap-to-subject-expiry',
    description: 'its tokens end no later than the token that was exchanged',
  },
];

/** The members that a proposal takes over, where they are known already. */
export const proposalFlags = accountFlags.filter(({ member }) =>
  ['name', 'description', 'owningTeam', 'useCase', 'scopes', 'audiences'].includes(member),
);

/** The members of one federation. */
export const federationFlags: readonly MemberFlag[] = [
  { member: 'issuer', kind: 'text', flags: '--issuer <url>', description: 'who issues the token' },
  {
    member: 'jwksUri',
    kind: 'text',
    flags: '--jwks-uri <url>',
    description: 'where its keys are; else discovery',
  },
  { member: 'subject', kind: 'text', flags: '--subject <sub>', description: 'its exact sub' },
  {
    member: 'subjectPattern',
    kind: 'text',
    flags: '--subject-pattern <pattern>',
    description: 'a pattern its sub fits, with *',
  },
  { member: 'audience', kind: 'text', flags: '--audience <aud>', description: 'its exact aud' },
  {
    member: 'conditions',
    kind: 'list',
    flags: '--condition <claim=value>',
    description: 'a claim it has to have, as text',
  },
];

/**
 * The federation that the flags say, `null` where they say none. What is missing is for the server to ask for.
 *
 * @param members as `readMemberFlags` gives them for {@link federationFlags}
 * @throws CommandFailed misused for a condition without `=`
 */
export const federationOf = (
  members: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | null => {
  if (Object.keys(members).length === 0) return null;
  const { conditions, ...plain } = members;
  return Array.isArray(conditions) ? { ...plain, conditions: conditions.map(conditionOf) } : plain;
};

const conditionOf = (text: unknown): { readonly claim: string; readonly equals: string } => {
  const [, claim, equals] = /^([^=]+)=(.*)$/s.exec(String(text)) ?? [];
  if (claim === undefined || equals === undefined) throw misused('--condition has to be CLAIM=VALUE');
  return { claim, equals };
};
