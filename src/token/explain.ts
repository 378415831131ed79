import { type Party, partyOf } from '../core/activity/activity.ts';
import { type Check, failed, refuse } from '../core/activity/check.ts';
import { type JsonObject, member } from '../core/json.ts';
import { describeRefusal, type RefusalResponse } from '../core/oauth/errors.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { TokenResponse } from '../core/oauth/token-response.ts';
import { ok, type Result } from '../core/result.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import { fullDetail } from '../core/trust/decide-trust.ts';
import type { Federation } from '../core/trust/federation.ts';
import type { RegistrationProblem } from '../core/trust/registration-problem.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import { NoActiveSigningKey } from '../keys/key-ring-view.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import { assumedSignature, collectAssumingEvidence, tokenOfClaims } from './explain-claims.ts';
import { buildSampleForm, type FormPairs, readSampleToken, type SampleToken } from './explain-form.ts';
import {
  createForgetfulGuard,
  createLookingGuard,
  createUnsigningKeyRing,
  lookAtUses,
  type Unsigned,
} from './explain-without-trace.ts';
import type { Explanations } from './explanations.ts';
import { handleTokenRequest, type TokenDecision, type TokenEndpoint } from './handle-token-request.ts';
import { maxTokenRequestBytes } from './token-request.ts';

/** For which moment is explained: now, a second after the token was issued, or a time. */
export type Moment = 'now' | 'issued' | EpochMilliseconds;

/** A request to the token endpoint that is not made. */
export interface SampleRequest {
  readonly tenant: string;
  /** A token, or the claims one would have, as an object or a text. */
  readonly sample: { readonly token: string } | { readonly claims: JsonObject | string };
  /** `client_id`, or `null` for none. */
  readonly clientId: string | null;
  /** Whatever else the form would hold. */
  readonly parameters: FormPairs;
  readonly at: Moment;
}

/** A token that would be issued: everything but the token. */
export interface WouldBeToken
  extends Unsigned,
    Pick<TokenResponse, 'scope' | 'token_type' | 'expires_in' | 'issued_token_type'> {
  readonly audience: string;
}

/** What the token endpoint would do with a request, and why. */
export interface Explained {
  readonly reason: 'issued' | RefusalReason;
  readonly door: string | null;
  readonly at: EpochMilliseconds;
  readonly account: Party | null;
  /** The federation that matched. */
  readonly federation: Federation | null;
  /** The answer of the token endpoint where it would refuse; its receipt is empty. */
  readonly error: RefusalResponse | null;
  readonly granted: WouldBeToken | null;
  readonly evidence: Pick<Evidence, 'checks' | 'toldChecks' | 'parameters' | 'presented' | 'seen'>;
  /** The checks about candidates; where the token was refused before they were looked at, those it would meet were it good. */
  readonly candidateChecks: readonly Check[];
  /** What was not looked at and taken as good; `candidates` where {@link candidateChecks} are such. */
  readonly assumed: readonly string[];
}

/**
 * What `POST /token` would do with such a request: the same decision with other dependencies (contract §5). Nothing is
 * signed, used up, recorded or counted, and no more is fetched than `/token` would fetch.
 *
 * @returns the error where the sample and the parameters contradict each other
 */
export const explainTokenRequest = async (
  deps: Explanations,
  { tenant, sample, clientId, parameters, at }: SampleRequest,
): Promise<Result<Explained, RegistrationProblem>> => {
  const now = deps.clock.now();
  const made =
    'token' in sample
      ? { text: sample.token, assumed: [] }
      : await tokenOfClaims(deps, tenant, sample.claims, now);
  const token = await judgeByIssuer(deps, tenant, readSampleToken(made.text, deps.baseIssuer));
  const body = buildSampleForm(token, clientId, parameters);
  if (!body.ok) return body;

  const time = momentOf(at, token, now);
  const run: Run = { tenant, body: body.value, time, isPast: at !== 'now', assumes: 'claims' in sample };
  const first = await decideWithoutTrace(deps, run);
  const explained = describe(first, run, made.assumed);
  if (explained.candidateChecks.length > 0 || run.assumes) return ok(explained);
  const second = await decideWithoutTrace(deps, {
    ...run,
    time: momentOf('issued', token, now),
    assumes: true,
  });
  const candidateChecks = aboutCandidates(second.evidence.checks());
  return ok(
    candidateChecks.length === 0
      ? explained
      : { ...explained, candidateChecks, assumed: [...explained.assumed, 'candidates'] },
  );
};

/** A workload's SPIFFE ID in `sub` makes no JWT-SVID of a token whose `iss` is registered: that issuer judges it (SV-16). */
const judgeByIssuer = async (
  { directory }: Pick<Explanations, 'directory'>,
  tenant: string,
  token: SampleToken,
): Promise<SampleToken> => {
  const issuer = token.kind?.kind === 'jwt-svid' ? token.kind.issuer : null;
  if (issuer === null || trustDomainOf(issuer) !== null) return token;
  const entry = await directory.issuer(tenant, issuer);
  return entry === null ? token : { ...token, kind: { kind: 'third-party', issuer } };
};

interface Run {
  readonly tenant: string;
  readonly body: string;
  readonly time: EpochMilliseconds;
  /** Another time than now was asked for. */
  readonly isPast: boolean;
  /** Whether keys and signatures are taken as good. */
  readonly assumes: boolean;
}

interface Outcome {
  readonly decision: Pick<TokenDecision, 'door' | 'outcome'>;
  readonly evidence: Evidence;
  readonly unsigned: Unsigned | null;
}

const decideWithoutTrace = async (
  deps: Explanations,
  { tenant, body, time, isPast, assumes }: Run,
): Promise<Outcome> => {
  const evidence = assumes ? collectAssumingEvidence() : collectEvidence();
  const { keyRing, unsigned } = createUnsigningKeyRing(deps.keyRing);
  const guard = isPast ? createForgetfulGuard() : createLookingGuard(deps.replayGuard);
  const endpoint: TokenEndpoint = {
    ...deps,
    ...(assumes ? assumedSignature : {}),
    clock: { now: () => time, monotonic: () => deps.clock.monotonic() },
    keyRing,
    detail: fullDetail,
  };
  const request = { tenant, body, authorizationHeader: false, attestationHeader: false, sourceAddress: '' };
  const decision =
    body.length > maxTokenRequestBytes
      ? refuseSize(evidence)
      : await handleTokenRequest(endpoint, request, evidence)
          .then((decided) => lookAtUses(guard, tenant, decided))
          .catch((error: unknown) => refuseWithoutKey(error, evidence));
  return { decision, evidence, unsigned: unsigned() };
};

/** As the frame of the endpoint would refuse it, before anything is read. */
const refuseSize = (evidence: Evidence): Outcome['decision'] =>
  refusedWith(
    evidence,
    'body_too_large',
    failed('request.body.size', `at most ${maxTokenRequestBytes} bytes`, 'more'),
  );

/** The token endpoint answers 503 and keeps the fault in its log; here it is a check. */
const refuseWithoutKey = (error: unknown, evidence: Evidence): Outcome['decision'] => {
  if (!(error instanceof NoActiveSigningKey)) throw error;
  const hint = 'The tenant has no such key at the moment: see its signing keys.';
  return refusedWith(
    evidence,
    'signing_key_unavailable',
    failed('signing-key', 'an active key to sign with', error.message, hint),
  );
};

const refusedWith = (evidence: Evidence, reason: RefusalReason, check: Check): Outcome['decision'] => {
  evidence.of(refuse(reason, [check]));
  return { door: null, outcome: { ok: false, reason, presentedTokenError: 'invalid_request' } };
};

const describe = (
  { decision: { door, outcome }, evidence, unsigned }: Outcome,
  { time, isPast }: Run,
  made: readonly string[],
): Explained => {
  const checks = evidence.checks();
  const unlooked = isPast && checks.some(({ check }) => check === 'jti.unused') ? ['jti'] : [];
  const common = {
    door,
    at: time,
    evidence,
    candidateChecks: aboutCandidates(checks),
    assumed: [...made, ...unlooked],
  };
  if (!outcome.ok)
    return {
      ...common,
      reason: outcome.reason,
      account: evidence.seen().account ?? null,
      federation: null,
      error: describeRefusal(outcome.reason, outcome.presentedTokenError, ''),
      granted: null,
    };
  const { access_token: _unsigned, ...response } = outcome.response;
  const { header, claims } = unsigned ?? { header: {}, claims: {} };
  return {
    ...common,
    reason: 'issued',
    account: partyOf(outcome.account),
    federation: outcome.federation,
    error: null,
    granted: { ...response, audience: outcome.audience, header, claims },
  };
};

/** What was found about candidates; the status of an account that no federation leads to is none of it. */
const aboutCandidates = (checks: readonly Check[]): readonly Check[] => {
  const about = checks.filter(({ check }) => /^(?:federation|account)\./.test(check));
  return about.some(({ check }) => check.startsWith('federation.')) ? about : [];
};

/** A moment in milliseconds; one that a token without a readable `iat` was issued at is now. */
const momentOf = (at: Moment, { claims }: SampleToken, now: EpochMilliseconds): EpochMilliseconds => {
  if (typeof at === 'number') return at;
  const iat = at === 'now' || claims === null ? undefined : member(claims, 'iat');
  const isTime = typeof iat === 'number' && iat >= 0 && iat <= maxIssuedAt;
  return isTime ? (Math.floor(iat) + 1) * 1000 : now;
};

/** The last second a calendar of ours knows; later ones are refused as times ahead, whenever that is. */
const maxIssuedAt = 253_402_300_798;
