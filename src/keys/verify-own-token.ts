import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { type JsonObject, member } from '../core/json.ts';
import { type CompactJws, parseCompactJws } from '../core/jwt/compact-form.ts';
import { mediaSubtype } from '../core/jwt/media-subtype.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { type EpochSeconds, toEpochSeconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { RevokedTokenStore } from '../ports/stores.ts';
import type { KeyRing } from './key-ring-view.ts';

/** An access token of ours that is good by itself: whether its account still is has to be asked beside. */
export interface OwnToken {
  /** `sub`: the id of the account it was issued to. */
  readonly accountId: string;
  readonly audiences: readonly string[];
  readonly jti: string;
  readonly expiresAt: EpochSeconds;
  /** All claims, as they were signed; read them through `member` (A35). */
  readonly claims: JsonObject;
}

/**
 * Verifies an access token of `tenant`, whoever asks. Throws when the keys or the store are out of reach: what is not known
 * is neither good nor bad (A67).
 *
 * @param audience who has to be in `aud`; `null` where that is not the question
 */
export type VerifyOwnToken = (
  tenant: string,
  token: string,
  audience: string | null,
) => Promise<Verdict<OwnToken>>;

/** What verifying our own access tokens uses. */
export interface OwnTokenVerification {
  readonly keyRing: Pick<KeyRing, 'verificationKeys'>;
  readonly verifier: SignatureVerifier;
  readonly clock: Pick<Clock, 'now'>;
  readonly revokedTokens: Pick<RevokedTokenStore, 'isRevoked'>;
  readonly baseIssuer: string;
}

/**
 * Verifies our own access tokens in the order of RFC 9068 §4: type, signature, issuer, audience, time (AT-14); then the
 * list of revoked ones (IR-05). The one function behind the admin API, introspection and revocation.
 *
 * The list is read from the store each time, because a revocation counts on every node as soon as it is answered; the keys
 * are those the ring knows, which forgets a revoked one at once here and within seconds elsewhere (A71).
 */
export const createOwnTokenVerifier = ({
  keyRing,
  verifier,
  clock,
  revokedTokens,
  baseIssuer,
}: OwnTokenVerification): VerifyOwnToken => {
  /** The ring gives the same array until its keys change. */
  const imported = new WeakMap<readonly PublishedKey[], ReadonlyMap<string, VerificationKey>>();
  const keysOf = async (tenant: string): Promise<ReadonlyMap<string, VerificationKey>> => {
    const published = await keyRing.verificationKeys(tenant);
    const known = imported.get(published) ?? importKeys(verifier, published);
    imported.set(published, known);
    return known;
  };

  return async (tenant, token, audience) => {
    const parsed = parseCompactJws(token);
    if (!parsed.ok) return parsed;
    const jws = parsed.value;
    const type = checkType(jws);
    if (!type.ok) return type;
    const signature = await checkSignature(verifier, await keysOf(tenant), jws);
    if (!signature.ok) return signature;

    const issuer = tenantIssuer(baseIssuer, tenant);
    const own = readClaims(jws.claims, issuer, audience, toEpochSeconds(clock.now()));
    if (!own.ok) return own;
    const seen = { ...own.seen, known: true };
    if (await revokedTokens.isRevoked(tenant, own.value.jti))
      return refuse(
        'token_revoked',
        [failed('token.revoked', 'not revoked', 'revoked', 'Get a new access token.')],
        seen,
      );
    return grant(own.value, [passed('token.signature', 'a key of ours', 'good')], seen);
  };
};

const importKeys = (
  verifier: SignatureVerifier,
  published: readonly PublishedKey[],
): ReadonlyMap<string, VerificationKey> =>
  new Map(
    published.map((jwk) => {
      const key = verifier.importKey({ ...jwk });
      if (!key.ok) throw new Error(`our own key ${jwk.kid} cannot be used: ${key.error}`);
      return [jwk.kid, key.value];
    }),
  );

/** `typ`, case-insensitive, with or without `application/`, and never absent (AT-14, RFC 7515 §4.1.9). */
const checkType = ({ header: { typ } }: CompactJws): Verdict<void> =>
  typ !== null && mediaSubtype(typ) === 'at+jwt'
    ? grant(undefined)
    : refuse('token_type_not_allowed', [
        failed(
          'token.type',
          'at+jwt',
          present(typ ?? undefined),
          'Send the access token this server issued, not the token it was exchanged for.',
        ),
      ]);

const checkSignature = async (
  verifier: SignatureVerifier,
  keys: ReadonlyMap<string, VerificationKey>,
  { header: { alg, kid }, signingInput, signature }: CompactJws,
): Promise<Verdict<void>> => {
  const expected = 'a good signature by an active or retired access token key of this tenant';
  const key = kid === null ? undefined : keys.get(kid);
  if (key === undefined)
    return refuse('key_unknown', [
      failed(
        'token.signature',
        expected,
        `kid ${present(kid ?? undefined)}`,
        'It was issued by another server or tenant, or its key was revoked. Get a new one here.',
      ),
    ]);
  // The key has its `alg`, and the verifier holds the header to it.
  return (await verifier.verify(alg, key, signingInput, signature))
    ? grant(undefined)
    : refuse('signature_invalid', [
        failed(
          'token.signature',
          expected,
          'bad',
          'The token was altered. Send it exactly as it was issued.',
        ),
      ]);
};

/** The claims of a token whose signature is ours. */
const readClaims = (
  claims: JsonObject,
  issuer: string,
  audience: string | null,
  now: EpochSeconds,
): Verdict<OwnToken> => {
  const [iss, sub, aud, exp, jti] = ['iss', 'sub', 'aud', 'exp', 'jti'].map((name) => member(claims, name));
  const seen = typeof sub === 'string' ? { issuer, subject: sub, known: true } : { issuer, known: true };
  const refused = (
    reason: RefusalReason,
    check: string,
    expected: string,
    presented: string,
    hint = 'Get a new access token here.',
  ) => refuse(reason, [failed(check, expected, presented, hint)], seen);

  if (iss !== issuer)
    return refused(
      'issuer_unknown',
      'token.iss',
      issuer,
      present(iss),
      'The token was issued in another tenant. Get one at the token endpoint of this tenant.',
    );
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((entry) => typeof entry === 'string');
  if (audience !== null && !audiences.includes(audience))
    return refused(
      'audience_mismatch',
      'token.aud',
      audience,
      present(aud),
      'Ask for a token with exactly this audience; an account with a role may.',
    );
  if (typeof exp !== 'number') return refused('claim_malformed', 'token.exp', 'a number', present(exp));
  if (now >= exp) return refused('expired', 'token.exp', `after ${now}`, String(exp));
  if (typeof sub !== 'string' || typeof jti !== 'string')
    return refused('claim_malformed', 'token.claims', 'sub and jti', 'not both there');
  return grant({ accountId: sub, audiences, jti, expiresAt: exp, claims }, [], seen);
};
