import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { type CompactJws, parseCompactJws } from '../core/jwt/compact-form.ts';
import { member } from '../core/json.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import { adminAudience, tenantIssuer } from '../core/tenants/tenant.ts';
import { toEpochSeconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { ServiceAccountStore, TenantStore } from '../ports/stores.ts';
import type { KeyRing } from './key-ring-view.ts';

/** What an access token of ours says at the admin API: who it is, or that it is not accepted (RFC 6750 §3.1). */
export type VerifiedAccessToken =
  | { readonly ok: true; readonly account: ServiceAccount }
  | { readonly ok: false; readonly error: 'invalid_token' };

/** Verifies an access token for the admin API of `tenant`. Throws when the store or the keys are out of reach. */
export type VerifyAccessToken = (tenant: string, token: string) => Promise<VerifiedAccessToken>;

const invalid: VerifiedAccessToken = { ok: false, error: 'invalid_token' };

/**
 * Verifies our own access tokens in the order of RFC 9068 §4 (AT-14). The account and the tenant are read from the store
 * each time: a token says who called, only the present registration says what that may do (A65).
 */
export const createAccessTokenVerifier = ({
  keyRing,
  verifier,
  clock,
  accounts,
  tenants,
  baseIssuer,
}: {
  readonly keyRing: Pick<KeyRing, 'verificationKeys'>;
  readonly verifier: SignatureVerifier;
  readonly clock: Pick<Clock, 'now'>;
  readonly accounts: Pick<ServiceAccountStore, 'find'>;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly baseIssuer: string;
}): VerifyAccessToken => {
  /** The ring gives the same array until its keys change. */
  const imported = new WeakMap<readonly PublishedKey[], ReadonlyMap<string, VerificationKey>>();
  const keysOf = async (tenant: string): Promise<ReadonlyMap<string, VerificationKey>> => {
    const published = await keyRing.verificationKeys(tenant);
    const known = imported.get(published) ?? importKeys(verifier, published);
    imported.set(published, known);
    return known;
  };

  return async (tenant, token) => {
    const parsed = parseCompactJws(token);
    if (!parsed.ok) return invalid;
    const jws = parsed.value;
    if (!isAccessTokenType(jws)) return invalid;
    if (!(await hasOurSignature(verifier, await keysOf(tenant), jws))) return invalid;

    const issuer = tenantIssuer(baseIssuer, tenant);
    if (member(jws.claims, 'iss') !== issuer) return invalid;
    if (!hasAudience(jws, adminAudience(issuer))) return invalid;
    const exp = member(jws.claims, 'exp');
    if (typeof exp !== 'number' || toEpochSeconds(clock.now()) >= exp) return invalid;
    // A token bound to a key is no bearer token, and no proof of possession is read here.
    if (member(jws.claims, 'cnf') !== undefined) return invalid;

    const subject = member(jws.claims, 'sub');
    if (typeof subject !== 'string') return invalid;
    const [found, account] = await Promise.all([tenants.find(tenant), accounts.find(tenant, subject)]);
    if (found?.status !== 'enabled' || account?.status !== 'enabled') return invalid;
    return { ok: true, account };
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

/** `typ`, case-insensitive, with or without `application/` (AT-14, RFC 7515 §4.1.9). */
const isAccessTokenType = ({ header }: CompactJws): boolean =>
  header.typ !== null && /^(?:application\/)?at\+jwt$/i.test(header.typ);

const hasOurSignature = async (
  verifier: SignatureVerifier,
  keys: ReadonlyMap<string, VerificationKey>,
  { header: { alg, kid }, signingInput, signature }: CompactJws,
): Promise<boolean> => {
  const key = kid === null ? undefined : keys.get(kid);
  // The key has its `alg`, and the verifier holds the header to it.
  return key !== undefined && verifier.verify(alg, key, signingInput, signature);
};

const hasAudience = ({ claims }: CompactJws, wanted: string): boolean => {
  const audience = member(claims, 'aud');
  return Array.isArray(audience) ? audience.includes(wanted) : audience === wanted;
};
