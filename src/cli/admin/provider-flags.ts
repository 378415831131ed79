import { accessTokenAlgorithms } from '../../core/jwt/algorithms.ts';
import { misused } from '../command-failed.ts';
import type { MemberFlag } from './member-flags.ts';

/** The members of a credential provider (contract §5); accounts, subject and claims are completed by {@link providerOf}. */
export const providerFlags: readonly MemberFlag[] = [
  { member: 'name', kind: 'text', flags: '--name <name>', description: 'its name, for credential_provider' },
  {
    member: 'description',
    kind: 'text',
    flags: '--description <text>',
    description: 'what it is for',
    emptied: null,
  },
  {
    member: 'resourceSet',
    kind: 'text',
    flags: '--resource-set <name>',
    description: 'a label that groups providers',
    emptied: null,
  },
  {
    member: 'serviceAccounts',
    kind: 'list',
    flags: '--account <account>',
    description: 'who gets JWT-SVIDs by it, by id or name',
    emptied: [],
  },
  {
    member: 'subject',
    kind: 'text',
    flags: '--subject <spiffe-id>',
    description: 'the SPIFFE ID; ${…} in its path is filled for each token',
  },
  {
    member: 'audience',
    kind: 'text',
    flags: '--audience <audience>',
    description: 'the one service they are for',
  },
  {
    member: 'lifetimeMinutes',
    kind: 'number',
    flags: '--lifetime <minutes>',
    description: 'how long they live, 1 to 60; 15',
    emptied: null,
  },
  {
    member: 'algorithm',
    kind: 'text',
    flags: '--algorithm <algorithm>',
    description: 'what they are signed with',
    choices: accessTokenAlgorithms,
    emptied: null,
  },
  {
    member: 'claims',
    kind: 'list',
    flags: '--claim <name=value>',
    description: 'a claim they carry, as text; ${…} is filled for each token',
    emptied: [],
  },
];

/**
 * The members as the API has them: what has a variable in it is `dynamic`. Claims of another type than text come from a file.
 *
 * @param members as `readMemberFlags` gives them for {@link providerFlags}
 * @throws CommandFailed misused for a claim without `=`
 */
export const providerOf = (members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { subject, claims, ...plain } = members;
  return {
    ...plain,
    ...(typeof subject === 'string' ? { subject: typed(subject) } : {}),
    ...(Array.isArray(claims) ? { claims: claims.map(claimOf) } : {}),
  };
};

const typed = (value: string): { readonly type: 'literal' | 'dynamic'; readonly value: string } => ({
  type: value.includes('${') ? 'dynamic' : 'literal',
  value,
});

const claimOf = (text: unknown): { readonly name: string; readonly type: string; readonly value: string } => {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(String(text)) ?? [];
  if (name === undefined || value === undefined) throw misused('--claim has to be NAME=VALUE');
  return { name, ...typed(value) };
};
