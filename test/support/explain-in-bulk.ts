import { type RefusalReason, refusalReasons } from '../../src/core/oauth/reasons.ts';
import { createAgreement, type Verdict } from './explain-agreement.ts';
import { createRandom, type RandomRequest, randomRegistration, randomRequest } from './random-pairs.ts';

/** Reasons no request that explain can be asked about leads to, and why. */
const unreachableHere: Partial<Readonly<Record<RefusalReason, string>>> = {
  authorization_not_bearer: 'a header',
  method_not_allowed: 'the frame of HTTP',
  not_found: 'the frame of HTTP',
  content_type_unsupported: 'the frame of HTTP',
  overloaded: 'the frame of HTTP',
  rate_limited: 'the frame of HTTP',
  client_authorization_header: 'a header',
  bearer_malformed: 'a header',
  tenant_unknown: 'who explains has a tenant',
  token_kind_unsupported: 'introspection and revocation',
  token_revoked: 'introspection and revocation',
  token_of_another_client: 'introspection and revocation',
  store_unavailable: 'nothing is decided: 503 from both',
  internal_fault: 'a fault of ours',
  client_authentication_missing: 'there is a token',
  assertion_subject_mismatch: 'account_unknown is found before',
};

/** What came of a run. */
export interface BulkReport {
  readonly pairs: number;
  readonly issued: number;
  /** How many were also explained by their claims alone. */
  readonly byClaims: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly disagreements: readonly string[];
}

/**
 * Puts random pairs through both, explain first: it must use nothing up. Half of what was issued is sent again, so that a
 * single use is met used up.
 */
export const compareInBulk = async (seed: number, pairs: number): Promise<BulkReport> => {
  const random = createRandom(seed);
  const counts = new Map<string, number>();
  const disagreements: string[] = [];
  let byClaims = 0;

  for (let pair = 0; pair < pairs; pair += 1) {
    const registration = randomRegistration(random);
    const request = randomRequest(random, registration);
    const bureau = createAgreement(registration);
    const note = (what: string, explained: Verdict, exchanged: Verdict): void => {
      if (differs(explained, exchanged))
        disagreements.push(JSON.stringify({ seed, pair, what, explained, exchanged, request, registration }));
    };

    const explained = await bureau.explain({ token: request.token.text }, request);
    if (bureau.consumed().length > 0 || bureau.recorded() > 0)
      disagreements.push(`pair ${pair} left a trace`);
    const claimed = isGoodButForClaims(request)
      ? await bureau.explain({ claims: JSON.parse(JSON.stringify(request.token.claims)) }, request)
      : null;
    const fetched = bureau.fetched().length;
    const exchanged = await bureau.exchange(request);
    const fetchedByToken = bureau.fetched().length - fetched;
    if (fetched > fetchedByToken) disagreements.push(`pair ${pair} asked for more keys than the endpoint`);
    note('token', explained, exchanged);
    counts.set(exchanged.reason, (counts.get(exchanged.reason) ?? 0) + 1);
    // Claims alone have no key that could be blocked.
    if (claimed !== null && exchanged.reason !== 'key_blocked') {
      byClaims += 1;
      note('claims', claimed, exchanged);
    }
    if (exchanged.reason === 'issued' && random() < 0.5) {
      const again = await bureau.explain({ token: request.token.text }, request);
      const replayed = await bureau.exchange(request);
      note('again', again, replayed);
      counts.set(replayed.reason, (counts.get(replayed.reason) ?? 0) + 1);
    }
  }
  return {
    pairs,
    issued: counts.get('issued') ?? 0,
    byClaims,
    counts,
    disagreements,
  };
};

/** Reasons that should occur in one of them and did not. */
export const missingIn = (reports: readonly BulkReport[]): readonly string[] =>
  Object.keys(refusalReasons).filter(
    (reason) =>
      unreachableHere[reason as RefusalReason] === undefined &&
      !reports.some(({ counts }) => counts.has(reason)),
  );

/** A fault has no activity, and so neither door nor account; nor has what is too large to be read. */
const differs = (one: Verdict, other: Verdict): boolean => {
  const members = Object.keys(one) as readonly (keyof Verdict)[];
  const isShort = one.reason === 'signing_key_unavailable' || one.reason === 'body_too_large';
  return members.some(
    (name) => one[name] !== other[name] && !(isShort && (name === 'door' || name === 'account')),
  );
};

/** Whether header and signature are those a platform would make, so that the claims alone decide. */
const isGoodButForClaims = ({ token, parameters }: RandomRequest): boolean =>
  token.signatureIsGood &&
  // Where both are missing explain assumes them, and says so.
  (token.claims['iat'] !== undefined || token.claims['exp'] !== undefined) &&
  token.header['alg'] === 'RS256' &&
  String(token.header['kid']).startsWith('good-') &&
  token.header['typ'] === 'JWT' &&
  !Object.hasOwn(token.header, 'jwk') &&
  !token.defects.some((name) => ['truncated', 'space', 'twoSegments', 'repeated'].includes(name)) &&
  !parameters.some(([name]) => name === 'client_assertion');
