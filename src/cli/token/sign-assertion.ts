import { constants, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  type AlgorithmDefinition,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from '../../core/jwt/algorithms.ts';

/** Long enough for clocks that differ a little and a slow network; an assertion works once anyway. */
const lifetimeSeconds = 60;

/**
 * A fresh assertion of an account with its own key (RFC 7523 §3; contract §3): `iss` = `sub`, one audience, a new `jti`.
 *
 * @param now milliseconds since 1970
 */
export const signAssertion = (
  credentials: {
    readonly subject: string;
    readonly issuer: string;
    readonly keyId: string | null;
    readonly algorithm: SignatureAlgorithm;
    readonly privateKey: KeyObject;
  },
  now: number,
): string => {
  const { subject, issuer, keyId, algorithm, privateKey } = credentials;
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: algorithm, typ: 'JWT', ...(keyId === null ? {} : { kid: keyId }) };
  const claims = {
    iss: subject,
    sub: subject,
    aud: issuer,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    jti: randomUUID(),
  };
  const signingInput = `${encode(header)}.${encode(claims)}`;
  const definition: AlgorithmDefinition = signatureAlgorithms[algorithm];
  const signature = sign(definition.hash, Buffer.from(signingInput), {
    key: privateKey,
    // RFC 7518 §3.4: R and S side by side, not DER.
    dsaEncoding: 'ieee-p1363',
    ...(definition.padding === 'pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
  });
  return `${signingInput}.${signature.toString('base64url')}`;
};

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
