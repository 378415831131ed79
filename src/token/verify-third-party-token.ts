import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { checkHeader, thirdPartyTypes, thirdPartyTypesWithAccessToken } from '../core/jwt/check-header.ts';
import type { ThirdPartyClaims } from '../core/jwt/claims.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import { validateThirdPartyClaims } from '../core/jwt/validate-claims.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { toEpochSeconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { IssuerKeys, KeyLookup } from '../ports/issuer-keys.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { Evidence } from './evidence.ts';
import type { IssuerEntry, TrustDirectory } from './trust-directory.ts';

/** What the verification of third-party tokens uses. */
export interface ThirdPartyVerification {
  readonly directory: Pick<TrustDirectory, 'issuer'>;
  readonly issuerKeys: Pick<IssuerKeys, 'find'>;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A third-party token whose signature and claims are good; whom it stands for is decided later. */
export interface VerifiedThirdPartyToken {
  readonly entry: IssuerEntry;
  readonly claims: ThirdPartyClaims;
}

/**
 * In the order of ST-32: registered issuer or stop (no network, ST-14), header, key, signature, and only then the claims.
 * What was looked at goes into `evidence`.
 */
export const verifyThirdPartyToken = async (
  { directory, issuerKeys, verifier, clock }: ThirdPartyVerification,
  evidence: Evidence,
  tenant: string,
  issuer: string,
  jws: CompactJws,
): Promise<Verdict<VerifiedThirdPartyToken>> => {
  const entry = evidence.of(checkIssuer(await directory.issuer(tenant, issuer), issuer));
  if (!entry.ok) return entry;
  const { trustedIssuer } = entry.value;

  const header = evidence.of(
    checkHeader(jws.header, {
      algorithms: trustedIssuer.algorithms,
      types: trustedIssuer.allowAccessTokenType ? thirdPartyTypesWithAccessToken : thirdPartyTypes,
    }),
  );
  if (!header.ok) return header;

  const key = evidence.of(describeLookup(await issuerKeys.find(trustedIssuer, jws.header), jws.header.kid));
  if (!key.ok) return key;

  const signature = evidence.of(await verifySignature(verifier, jws, key.value));
  if (!signature.ok) return signature;

  const rules = {
    issuer: trustedIssuer.issuer,
    now: toEpochSeconds(clock.now()),
    requireJti: trustedIssuer.replay === 'single-use',
  };
  const claims = evidence.of(validateThirdPartyClaims(jws.claims, rules));
  if (!claims.ok) return claims;
  return grant({ entry: entry.value, claims: claims.value });
};

const checkIssuer = (entry: IssuerEntry | null, issuer: string): Verdict<IssuerEntry> => {
  const expected = 'a trusted issuer of this tenant';
  if (entry === null)
    return refuse('issuer_unknown', [
      failed(
        'issuer.registered',
        expected,
        present(issuer),
        'Register the issuer, written exactly as in the iss claim, with a service account of this tenant.',
      ),
    ]);
  const known = { known: true };
  if (entry.trustedIssuer.status === 'disabled')
    return refuse(
      'issuer_disabled',
      [failed('issuer.status', 'enabled', 'disabled', 'An administrator disabled this trusted issuer.')],
      known,
    );
  return grant(entry, [passed('issuer.registered', expected, present(issuer))], known);
};

const reasonOfLookup: Readonly<Record<Exclude<KeyLookup['found'], 'key'>, RefusalReason>> = {
  unknown: 'key_unknown',
  unfit: 'key_unfit',
  ambiguous: 'jwks_ambiguous',
  unavailable: 'issuer_keys_unavailable',
};

const describeLookup = (lookup: KeyLookup, kid: string | null): Verdict<VerificationKey> => {
  const expected = 'one key of the issuer that fits the header';
  const shown = kid === null ? 'no kid' : `kid ${present(kid)}`;
  if (lookup.found === 'key') return grant(lookup.key, [passed('key', expected, shown)]);
  return refuse(reasonOfLookup[lookup.found], [failed('key', expected, shown, lookup.detail)]);
};

/** The signature check as a named check; at most one key is ever tried for a third-party token (ST-32). */
export const verifySignature = async (
  verifier: Pick<SignatureVerifier, 'verify'>,
  jws: CompactJws,
  key: VerificationKey,
): Promise<Verdict<void>> => {
  const expected = `a good ${jws.header.alg} signature of key ${key.thumbprint}`;
  return (await verifier.verify(jws.header.alg, key, jws.signingInput, jws.signature))
    ? grant(undefined, [passed('signature', expected, 'good')])
    : refuse('signature_invalid', [
        failed(
          'signature',
          expected,
          'bad',
          'The token was altered, or signed by another key than its header names.',
        ),
      ]);
};
