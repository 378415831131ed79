import { hash, randomUUID } from 'node:crypto';
import type { AccessTokenAlgorithm } from '../../core/jwt/algorithms.ts';
import type { PublicJwk } from '../../core/jwt/jwk.ts';
import { CannotOpenSigningKey, type SigningBackend } from '../../ports/signing-backend.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import { type Attribute, type Handle, type Mechanism, pkcs11, pkcs11Prefix } from './pkcs11-module.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { computeKid } from './public-jwk.ts';

/** OID 1.2.840.10045.3.1.7 in DER. */
const p256 = Buffer.from('06082a8648ce3d030107', 'hex');

interface Variant {
  readonly generate: Mechanism;
  /** Of the public key; the private one takes them over. */
  readonly parameters: readonly Attribute[];
  readonly publicMembers: readonly number[];
  readonly toJwk: (members: readonly Buffer[]) => PublicJwk;
  readonly sign: Mechanism;
  readonly toSign: (signingInput: Buffer) => Buffer;
  readonly signatureLength: number;
}

const variants: Readonly<Record<AccessTokenAlgorithm, Variant>> = {
  ES256: {
    generate: { mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN },
    parameters: [
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_EC },
      { type: pkcs11.CKA_EC_PARAMS, value: p256 },
    ],
    publicMembers: [pkcs11.CKA_EC_POINT],
    toJwk: ([point]) => pointToJwk(point ?? Buffer.alloc(0)),
    // Tokens that hash by themselves for ECDSA are few; the signature is r‖s as JWS wants it (RFC 7518 §3.4).
    sign: { mechanism: pkcs11.CKM_ECDSA },
    toSign: (signingInput) => hash('sha256', signingInput, 'buffer'),
    signatureLength: 64,
  },
  RS256: {
    generate: { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN },
    parameters: [
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
      { type: pkcs11.CKA_MODULUS_BITS, value: 2048 },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ],
    publicMembers: [pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT],
    toJwk: ([modulus, exponent]) => ({ kty: 'RSA', n: integerOf(modulus), e: integerOf(exponent) }),
    sign: { mechanism: pkcs11.CKM_SHA256_RSA_PKCS },
    toSign: (signingInput) => signingInput,
    signatureLength: 256,
  },
};

/**
 * The token does not sign: it is out of reach, or another node that shares it has just destroyed the key, and its successor
 * is not known here yet. Either way, later is better than not at all: 503.
 */
class TokenDoesNotSign extends StoreUnavailable {}

/**
 * Signs in a PKCS#11 token: keys are made there, cannot be taken out, and are known here by a label that holds their
 * purpose and algorithm. One session, so one call after the other.
 */
export const createPkcs11SigningBackend = (
  { library, session }: Pick<Pkcs11Token, 'library' | 'session'>,
  reportFault: (error: unknown) => void,
): SigningBackend => {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => T | Promise<T>): Promise<T> => {
    const result = last.then(act);
    last = result.catch(() => undefined);
    return result;
  };

  const find = (label: string, objectClass: number): readonly Handle[] => {
    const found: Handle[] = [];
    library.C_FindObjectsInit(session, [
      { type: pkcs11.CKA_CLASS, value: objectClass },
      { type: pkcs11.CKA_LABEL, value: label },
    ]);
    try {
      for (;;) {
        const handle = library.C_FindObjects(session);
        if (handle === null) return found;
        // The token gives out one buffer for every handle.
        found.push(Buffer.from(handle));
      }
    } finally {
      library.C_FindObjectsFinal(session);
    }
  };
  const publicJwkOf = (publicKey: Handle, { publicMembers, toJwk }: Variant): PublicJwk =>
    toJwk(
      library
        .C_GetAttributeValue(
          session,
          publicKey,
          publicMembers.map((type) => ({ type })),
        )
        .map(({ value }) => value),
    );

  return {
    generate: (purpose, algorithm) =>
      inTurn(async () => {
        const variant = variants[algorithm];
        const name = randomUUID();
        const label = `bureau:${purpose}:${algorithm}:${name}`;
        const both: Attribute[] = [
          { type: pkcs11.CKA_TOKEN, value: true },
          { type: pkcs11.CKA_LABEL, value: label },
          { type: pkcs11.CKA_ID, value: Buffer.from(name) },
        ];
        const { publicKey } = await library.C_GenerateKeyPairAsync(
          session,
          variant.generate,
          [...both, ...variant.parameters, { type: pkcs11.CKA_VERIFY, value: true }],
          [
            ...both,
            { type: pkcs11.CKA_PRIVATE, value: true },
            { type: pkcs11.CKA_SENSITIVE, value: true },
            { type: pkcs11.CKA_EXTRACTABLE, value: false },
            { type: pkcs11.CKA_SIGN, value: true },
          ],
        );
        const jwk = publicJwkOf(publicKey, variant);
        return { publicJwk: { ...jwk, kid: computeKid(jwk) }, sealedPrivateKey: `${pkcs11Prefix}${label}` };
      }),

    open: ({ kid, purpose, algorithm, sealedPrivateKey }) =>
      inTurn(() => {
        const variant = variants[algorithm];
        const label = labelIn(sealedPrivateKey);
        const [privateKey, ...others] = label === null ? [] : find(label, pkcs11.CKO_PRIVATE_KEY);
        const [publicKey] = label === null ? [] : find(label, pkcs11.CKO_PUBLIC_KEY);
        if (
          privateKey === undefined ||
          publicKey === undefined ||
          others.length > 0 ||
          !label?.startsWith(`bureau:${purpose}:${algorithm}:`) ||
          computeKid(publicJwkOf(publicKey, variant)) !== kid
        )
          throw new CannotOpenSigningKey(
            `signing key ${kid} (${purpose}) cannot be opened: the token has no such key for this, or another one`,
          );
        return {
          kid,
          algorithm,
          sign: (signingInput) =>
            inTurn(() => {
              library.C_SignInit(session, variant.sign, privateKey);
              const data = variant.toSign(Buffer.from(signingInput));
              return library.C_SignAsync(session, data, Buffer.alloc(variant.signatureLength));
            }).catch((error: unknown) => {
              throw new TokenDoesNotSign(`the token does not sign with key ${kid}`, { cause: error });
            }),
        };
      }),

    destroy: ({ sealedPrivateKey }) =>
      inTurn(() => {
        const label = labelIn(sealedPrivateKey);
        if (label === null) return;
        for (const objectClass of [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY])
          for (const object of find(label, objectClass)) library.C_DestroyObject(session, object);
      }).catch(reportFault),
  };
};

const label = /^pkcs11:(bureau:[a-z-]+:[A-Z0-9]+:[0-9a-f-]{36})$/;

/** The label in a row of ours; `null` for anything else, so that nothing but our keys is ever found or destroyed. */
const labelIn = (sealedPrivateKey: string): string | null => label.exec(sealedPrivateKey)?.[1] ?? null;

/** CKA_EC_POINT is an OCTET STRING around 04 ‖ x ‖ y (PKCS #11 v2.40 §2.3.3); some tokens leave its two bytes out. */
const pointToJwk = (value: Buffer): PublicJwk => {
  const point = value.length === 67 && value[0] === 0x04 && value[1] === 0x41 ? value.subarray(2) : value;
  if (point.length !== 65 || point[0] !== 0x04)
    throw new Error('the token gave no uncompressed point of P-256');
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
};

/** An unsigned integer without the zeros some tokens put before it (RFC 7518 §6.3.1.1). */
const integerOf = (value: Buffer | undefined): string => {
  const bytes = value ?? Buffer.alloc(0);
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start === -1) throw new Error('the token gave no public RSA key');
  return bytes.subarray(start).toString('base64url');
};
