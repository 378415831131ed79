import { accessTokenAlgorithms } from '../../jwt/algorithms.ts';
import { parseSpiffeId } from '../../spiffe/spiffe-id.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * The last look at a JWT-SVID of ours before it is signed (SV-08 to SV-14): exactly the header there should be, the claims
 * each of its type, for the trust domain, issuer and audience that were decided. It repeats no code of the builder, so
 * that a mistake there is caught here.
 *
 * @throws a fault that names the member and never its value; the caller must not sign
 */
export const checkSvid = (
  header: Members,
  claims: Members,
  expectations: {
    readonly issuer: string;
    readonly audience: string;
    readonly trustDomain: string;
    readonly maxLifetimeSeconds: number;
  },
): void => {
  demand(Object.keys(header).toSorted().join() === 'alg,kid,typ', 'the header has other members than alg, kid, typ');
  demand(header['typ'] === 'JWT', 'typ is not JWT');
  demand((accessTokenAlgorithms as readonly unknown[]).includes(header['alg']), 'alg is none of ours');
  demand(typeof header['kid'] === 'string' && header['kid'] !== '', 'kid is missing');

  const { sub, aud, iat, exp } = claims;
  demand(claims['iss'] === expectations.issuer, 'iss is not the issuer of JWT-SVIDs');
  const id = typeof sub === 'string' ? parseSpiffeId(sub) : null;
  demand(id?.ok === true && id.value.path !== '', 'sub is no SPIFFE ID of a workload');
  demand(id?.ok === true && id.value.trustDomain === expectations.trustDomain, 'sub is of another trust domain');
  demand(Array.isArray(aud) && aud.length === 1 && aud[0] === expectations.audience, 'aud is not the audience decided on, alone');
  demand(isSeconds(iat) && isSeconds(exp), 'iat and exp are not whole seconds');
  const lifetime = Number(exp) - Number(iat);
  demand(lifetime >= 1 && lifetime <= expectations.maxLifetimeSeconds, `the lifetime is ${lifetime} s`);
  demand(typeof claims['jti'] === 'string' && claims['jti'] !== '', 'jti is missing');
  for (const name of ['nbf', 'cnf', 'act', 'scope', 'client_id'])
    demand(!Object.hasOwn(claims, name), `${name} does not belong there`);
};

const isSeconds = (value: unknown): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

const demand = (holds: boolean, problem: string): void => {
  if (!holds) throw new Error(`A JWT-SVID of ours would be wrong: ${problem}`);
};
