import { roles } from '../accounts/role.ts';
import { accessTokenAlgorithms } from '../jwt/algorithms.ts';
import { accessTokenLifetimeSeconds } from '../time.ts';

/** Names and values as they are about to be signed. */
type Members = Readonly<Record<string, unknown>>;

/** A member by name and what it must be; in words, for the fault. */
type Rule = readonly [name: string, holds: (value: unknown) => boolean, meaning: string];

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value);
const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const isScope = (value: unknown): boolean =>
  typeof value === 'string' && /^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/.test(value);

const headerRules: readonly Rule[] = [
  ['typ', isOneOf(['at+jwt']), 'at+jwt'],
  ['alg', isOneOf(accessTokenAlgorithms), 'an algorithm of ours'],
  ['kid', isText, 'the id of a published key'],
];

const claimRules: readonly Rule[] = [
  ['iss', isText, 'our issuer'],
  ['sub', isText, 'an account id'],
  ['aud', isText, 'one audience'],
  ['client_id', isText, 'an account id'],
  ['iat', isSeconds, 'whole seconds'],
  ['exp', isSeconds, 'whole seconds'],
  ['jti', isText, 'an identifier'],
  ['scope', isScope, 'scopes between single spaces'],
  ['account_name', isText, 'a name'],
  ['owning_team', isText, 'a name'],
];

const optionalClaimRules: readonly Rule[] = [['role', isOneOf(roles), 'a role']];

/** The members one part of a token has to have, and the rule of each one it may have. */
interface Rules {
  readonly where: string;
  readonly required: readonly string[];
  readonly byName: ReadonlyMap<string, Rule>;
}

const rulesOf = (where: string, required: readonly Rule[], optional: readonly Rule[]): Rules => ({
  where,
  required: required.map(([name]) => name),
  byName: new Map([...required, ...optional].map((rule) => [rule[0], rule])),
});

const rulesOfHeader = rulesOf('header', headerRules, []);
const rulesOfClaims = rulesOf('claims', claimRules, optionalClaimRules);

/**
 * The last look at an access token of ours before it is signed (AT-01 to AT-05, AT-08, AT-10, AT-13): exactly the members
 * there should be, each of its type, for the issuer and audience that were decided. It repeats no code of the builder, so
 * that a mistake there is caught here.
 *
 * @throws a fault that names the member and never its value; the caller must not sign
 */
export const checkIssued = (
  header: Members,
  claims: Members,
  expectations: { readonly issuer: string; readonly audience: string },
): void => {
  checkMembers(header, rulesOfHeader);
  checkMembers(claims, rulesOfClaims);
  demand(claims['iss'] === expectations.issuer, 'iss is not the issuer of the tenant');
  demand(claims['aud'] === expectations.audience, 'aud is not the audience decided on');
  demand(claims['sub'] === claims['client_id'], 'sub and client_id differ');
  const lifetime = Number(claims['exp']) - Number(claims['iat']);
  demand(lifetime >= 1 && lifetime <= accessTokenLifetimeSeconds, `the lifetime is ${lifetime} s`);
};

const checkMembers = (members: Members, { where, required, byName }: Rules): void => {
  for (const name of required) if (!Object.hasOwn(members, name)) throw wrong(`${where}: ${name} is missing`);
  for (const name of Object.keys(members)) {
    const value = members[name];
    const rule = byName.get(name);
    if (rule === undefined) throw wrong(`${where}: ${name} does not belong there`);
    const [, holds, meaning] = rule;
    if (!holds(value)) throw wrong(`${where}: ${name} is not ${meaning}`);
  }
};

const demand = (holds: boolean, problem: string): void => {
  if (!holds) throw wrong(problem);
};

const wrong = (problem: string): Error => new Error(`An access token of ours would be wrong: ${problem}`);
