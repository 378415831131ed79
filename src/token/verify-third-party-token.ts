import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { checkNotBlocked } from '../core/blocks/check-blocks.ts';
import { jwtSvidAlgorithms } from '../core/jwt/algorithms.ts';
import {
  checkHeader,
  type HeaderPolicy,
  jwtSvidTypes,
  thirdPartyTypes,
  thirdPartyTypesWithAccessToken,
} from '../core/jwt/check-header.ts';
import type { ThirdPartyClaims } from '../core/jwt/claims.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import { validateThirdPartyClaims } from '../core/jwt/validate-claims.ts';
import { validateSvidClaims } from '../core/jwt/validate-svid-claims.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { toEpochSeconds } from '../core/time.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { Clock } from '../ports/clock.ts';
import type { IssuerKeys, KeyLookup } from '../ports/issuer-keys.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { Evidence } from './evidence.ts';
import type { TokenSource } from './find-trusted-issuer.ts';

/** What the verification of third-party tokens uses. */
export interface ThirdPartyVerification {
  readonly issuerKeys: Pick<IssuerKeys, 'find'>;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * In the order of ST-32: header, key, signature, and only then the claims, of a token of the registered issuer `source`. A
 * blocked key stops it before anything is fetched for its `kid`, and by the name of the key that would verify it.
 * What was looked at goes into `evidence`.
 *
 * @param authenticatesAt our issuer identifier where the token is a JWT-SVID that authenticates a client, else `null`
 */
export const verifyThirdPartyToken = async (
  { issuerKeys, verifier, clock }: ThirdPartyVerification,
  evidence: Evidence,
  { entry, trustDomain, blocks }: TokenSource,
  jws: CompactJws,
  authenticatesAt: string | null,
): Promise<Verdict<ThirdPartyClaims>> => {
  const { trustedIssuer } = entry;
  const isSvid = trustDomain !== null;
  const header = evidence.of(
    checkHeader(jws.header, isSvid ? svidHeader(trustedIssuer) : thirdPartyHeader(trustedIssuer)),
  );
  if (!header.ok) return header;

  const named = evidence.of(checkNotBlocked(blocks.key(trustedIssuer.issuer, [jws.header.kid])));
  if (!named.ok) return named;
  const lookup = await issuerKeys.find(trustedIssuer, jws.header);
  const key = evidence.told(describeLookup(lookup, jws.header.kid));
  if (!key.ok) return key;
  const { kid, thumbprint } = key.value;
  const open = evidence.of(checkNotBlocked(blocks.key(trustedIssuer.issuer, [kid, thumbprint])));
  if (!open.ok) return open;

  const signature = evidence.told(await verifySignature(verifier, jws, key.value));
  if (!signature.ok) return signature;
  evidence.noteGoodSignature();

  const rules = {
    issuer: trustedIssuer.issuer,
    now: toEpochSeconds(clock.now()),
    requireJti: trustedIssuer.replay === 'single-use',
    clock: { aheadSeconds: lookup.found === 'key' ? (lookup.clockOffsetSeconds ?? null) : null },
  };
  return evidence.of(
    isSvid
      ? validateSvidClaims(jws.claims, { ...rules, trustDomain, authenticatesAt })
      : validateThirdPartyClaims(jws.claims, rules),
  );
};

/** The header of a token that is judged by its registered `iss`. */
export const thirdPartyHeader = ({
  algorithms,
  allowAccessTokenType,
}: Pick<TrustedIssuer, 'algorithms' | 'allowAccessTokenType'>): HeaderPolicy => ({
  algorithms,
  types: allowAccessTokenType ? thirdPartyTypesWithAccessToken : thirdPartyTypes,
});

/** Whatever is registered: nothing else can be a JWT-SVID (SV-07, SV-26). */
const svidHeader = ({ algorithms }: TrustedIssuer): HeaderPolicy => ({
  algorithms: jwtSvidAlgorithms.filter((algorithm) => algorithms.includes(algorithm)),
  types: jwtSvidTypes,
});

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
