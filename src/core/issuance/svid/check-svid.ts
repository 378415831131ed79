import { accessTokenAlgorithms } from '../../jwt/algorithms.ts';
import { parseSpiffeId } from '../../spiffe/spiffe-id.ts';

type Members = Readonly<Record<string, unknown>>;

const headerMembers = ['alg', 'kid', 'typ'];
const ownClaims = ['iss', 'sub', 'aud', 'iat', 'exp', 'jti'];

/**
 * The last look at a JWT-SVID of ours before it is signed (SV-08 to SV-14): exactly the header and the claims there should
 * be, each of its type, for the trust domain, issuer and audience that were decided. It repeats no code of the builder, so
 * that a mistake there is caught here, and it looks at what the claims are once they are written as JSON.
 *
 * @throws a fault that names the member and never its value; the caller must not sign
 */
export const checkSvid = (
  header: Members,
  given: Members,
  expectations: {
    readonly issuer: string;
    readonly audience: string;
    readonly trustDomain: string;
    readonly maxLifetimeSeconds: number;
    /** The names of the claims of the provider: these and no others stand beside our own. */
    readonly customClaims: readonly string[];
  },
): void => {
  checkNames('header', header, headerMembers);
  demand(header['typ'] === 'JWT', 'typ is not JWT');
  demand((accessTokenAlgorithms as readonly unknown[]).includes(header['alg']), 'alg is none of ours');
  demand(isText(header['kid']), 'kid is missing');

  const claims = JSON.parse(JSON.stringify(given)) as Members;
  checkNames('claims', claims, [...ownClaims, ...expectations.customClaims]);
  const { sub, aud, iat, exp } = claims;
  demand(claims['iss'] === expectations.issuer, 'iss is not the issuer of JWT-SVIDs');
  const id = typeof sub === 'string' ? parseSpiffeId(sub) : null;
  demand(id?.ok === true && id.value.path !== '', 'sub is no SPIFFE ID of a workload');
  demand(
    id?.ok === true && id.value.trustDomain === expectations.trustDomain,
    'sub is of another trust domain',
  );
  demand(
    Array.isArray(aud) && aud.length === 1 && aud[0] === expectations.audience,
    'aud is not the audience decided on, alone',
  );
  demand(isSeconds(iat) && isSeconds(exp), 'iat and exp are not whole seconds');
  const lifetime = Number(exp) - Number(iat);
  demand(lifetime >= 1 && lifetime <= expectations.maxLifetimeSeconds, `the lifetime is ${lifetime} s`);
  demand(isText(claims['jti']), 'jti is missing');
  for (const name of expectations.customClaims) {
    demand(claims[name] !== undefined && claims[name] !== null, `the claim ${name} has no value`);
    demand(isSame(given[name], claims[name]), `the claim ${name} would not leave as it is`);
  }
};

/** Whether what was written and read again is what was given: JSON writes numbers it cannot carry as `null`. */
const isSame = (given: unknown, read: unknown): boolean => {
  if (typeof given !== 'object' || given === null || typeof read !== 'object' || read === null)
    return given === read;
  const names = Object.keys(given);
  return (
    Array.isArray(given) === Array.isArray(read) &&
    names.length === Object.keys(read).length &&
    names.every((name) => Object.hasOwn(read, name) && isSame(memberOf(given, name), memberOf(read, name)))
  );
};

const memberOf = (object: object, name: string): unknown =>
  (object as Readonly<Record<string, unknown>>)[name];

/** Claims that change what a token allows, or to whom: none of them is ever in a JWT-SVID of ours. */
const forbidden = ['nbf', 'cnf', 'act', 'scope', 'client_id'];

const checkNames = (where: string, members: Members, expected: readonly string[]): void => {
  for (const name of expected) demand(Object.hasOwn(members, name), `${where}: ${name} is missing`);
  for (const name of Object.keys(members))
    demand(expected.includes(name) && !forbidden.includes(name), `${where}: ${name} does not belong there`);
};

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isSeconds = (value: unknown): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

const demand = (holds: boolean, problem: string): void => {
  if (!holds) throw new Error(`A JWT-SVID of ours would be wrong: ${problem}`);
};
