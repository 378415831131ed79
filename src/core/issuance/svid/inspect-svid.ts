import { type Check, failed, passed } from '../../activity/check.ts';
import { present } from '../../activity/present.ts';
import { type JsonObject, type JsonValue, member } from '../../json.ts';

/** What a verifier of JWT-SVIDs is set up with. */
export interface SvidExpectations {
  readonly trustDomain: string;
  /** The issuer of JWT-SVIDs of the tenant. */
  readonly issuer: string;
  readonly audience: string;
  readonly algorithm: string;
  readonly lifetimeMinutes: number;
  /** Claims that have to be there: with this value where it is fixed, with any where it is `undefined`. */
  readonly claims: ReadonlyMap<string, string | number | boolean | undefined>;
  /** The `kid` of every key that is published for JWT-SVIDs, as often as it is. */
  readonly publishedKids: readonly string[];
  /** Now, in seconds since 1970. */
  readonly now: number;
}

/** A finished JWT-SVID, read back from its text. */
export interface FinishedSvid {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** Whether its signature is good under the published key that its header names. */
  readonly signatureIsGood: boolean;
}

/** SPIFFE-ID §2.1 to §2.3 in one expression: no segment is empty, `.` or `..`. */
const workloadId = /^spiffe:\/\/(?<trustDomain>[a-z0-9._-]{1,255})(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;
const longestId = 2048;

/** JWT-SVID §2.1. */
const spiffeAlgorithms = [256, 384, 512].flatMap((bits) => [`RS${bits}`, `ES${bits}`, `PS${bits}`]);

/**
 * Looks at a finished JWT-SVID as a stranger would who has read the SPIFFE text and our configuration, and says each point
 * as a check. It is written from that text and shares nothing with what builds and checks JWT-SVIDs here (SV-06 to SV-15).
 */
export const inspectSvid = (
  { header, claims, signatureIsGood }: FinishedSvid,
  expectations: SvidExpectations,
): readonly Check[] => {
  const head = (name: string): JsonValue | undefined => member(header, name);
  const claim = (name: string): JsonValue | undefined => member(claims, name);
  const checks: Check[] = [];
  const look = (check: string, expected: string, value: JsonValue | undefined, holds: boolean): void =>
    void checks.push((holds ? passed : failed)(`svid.${check}`, expected, present(value)));

  look(
    'header',
    'alg, kid and typ alone',
    Object.keys(header).join(', '),
    sameNames(header, ['alg', 'kid', 'typ']),
  );
  look('header.typ', 'JWT or JOSE', head('typ'), head('typ') === 'JWT' || head('typ') === 'JOSE');
  look(
    'header.alg',
    `${expectations.algorithm}, one of SPIFFE's`,
    head('alg'),
    head('alg') === expectations.algorithm && spiffeAlgorithms.includes(expectations.algorithm),
  );
  const published = expectations.publishedKids.filter((kid) => kid === head('kid')).length;
  look('header.kid', 'one key of the published bundle', head('kid'), published === 1);
  look('signature', 'good under that key', signatureIsGood ? 'good' : 'bad', signatureIsGood);

  const sub = claim('sub');
  const id = typeof sub === 'string' && sub.length <= longestId ? workloadId.exec(sub) : null;
  look(
    'sub',
    `a SPIFFE ID of the trust domain ${expectations.trustDomain}`,
    sub,
    id?.groups?.['trustDomain'] === expectations.trustDomain,
  );
  look('iss', expectations.issuer, claim('iss'), claim('iss') === expectations.issuer);
  const aud = claim('aud');
  look(
    'aud',
    `${expectations.audience}, alone`,
    aud,
    Array.isArray(aud) && aud.length === 1 && aud[0] === expectations.audience && aud[0] !== '',
  );
  look('jti', 'an identifier', claim('jti'), isText(claim('jti')));
  checks.push(...inspectTimes(claim('iat'), claim('exp'), expectations));

  for (const [name, fixed] of expectations.claims) {
    const value = claim(name);
    const expected = fixed === undefined ? 'a value' : present(fixed);
    const holds =
      fixed === undefined ? value !== undefined && value !== null && value !== '' : value === fixed;
    look(`claims.${name}`, expected, value, holds);
  }
  const own = ['iss', 'sub', 'aud', 'iat', 'exp', 'jti'];
  look(
    'claims',
    [...own, ...expectations.claims.keys()].join(', '),
    Object.keys(claims).join(', '),
    sameNames(claims, [...own, ...expectations.claims.keys()]),
  );
  look(
    'scope',
    'none: a JWT-SVID says who, not what is allowed',
    claim('scope'),
    claim('scope') === undefined,
  );
  return checks;
};

/** JWT-SVID §3.3: `exp` is there and not past; ours: whole numbers, and no longer than configured. */
const inspectTimes = (
  iat: JsonValue | undefined,
  exp: JsonValue | undefined,
  { lifetimeMinutes, now }: SvidExpectations,
): readonly Check[] => {
  const expected = `whole seconds, issued by now, ${lifetimeMinutes} min at most`;
  if (!isWhole(iat) || !isWhole(exp))
    return [failed('svid.lifetime', expected, `iat ${present(iat)}, exp ${present(exp)}`)];
  const holds = iat <= now && now < exp && exp - iat <= lifetimeMinutes * 60;
  return [(holds ? passed : failed)('svid.lifetime', expected, `${exp - iat} s`)];
};

const isWhole = (value: JsonValue | undefined): value is number => Number.isSafeInteger(value);
const isText = (value: JsonValue | undefined): boolean => typeof value === 'string' && value !== '';
const sameNames = (object: JsonObject, names: readonly string[]): boolean =>
  Object.keys(object).length === new Set(names).size && names.every((name) => Object.hasOwn(object, name));
