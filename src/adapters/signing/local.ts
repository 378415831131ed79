import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type KeyObject,
  sign,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { AccessTokenAlgorithm } from '../../core/jwt/algorithms.ts';
import { createTurnBatch } from '../../core/turn-batch.ts';
import type { RewrapKey } from '../../ports/rewrap-key.ts';
import { CannotOpenSigningKey, type SigningBackend } from '../../ports/signing-backend.ts';
import { pkcs11Prefix } from './pkcs11-module.ts';
import { computeKid, exportPublicJwk } from './public-jwk.ts';
import { toRawEcdsaSignature } from './raw-ecdsa-signature.ts';
import { type SealLabel, seal, unseal } from './sealed-key.ts';

/** The length of a key-encryption key in bytes. */
export const keyEncryptionKeyLength = 32;

const generateOffTheLoop = promisify(generateKeyPair);

const variants = {
  ES256: {
    generate: () => generateOffTheLoop('ec', { namedCurve: 'P-256' }),
    sign: (input: Uint8Array, key: KeyObject) => toRawEcdsaSignature(sign('sha256', input, key)),
  },
  RS256: {
    generate: () => generateOffTheLoop('rsa', { modulusLength: 2048 }),
    sign: (input: Uint8Array, key: KeyObject): Uint8Array => sign('sha256', input, key),
  },
} as const satisfies Record<AccessTokenAlgorithm, unknown>;

/** One signature that is wanted. */
interface SignatureOrder {
  readonly sign: (input: Uint8Array, key: KeyObject) => Uint8Array;
  readonly key: KeyObject;
  readonly signingInput: string;
}

/**
 * Signs in this process. Private keys rest encrypted under `keyEncryptionKey` and live, opened, only as key objects
 * inside this closure.
 */
export const createLocalSigningBackend = ({
  keyEncryptionKey,
}: {
  /** {@link keyEncryptionKeyLength} bytes; copied, so the caller may zero its own. */
  readonly keyEncryptionKey: Uint8Array;
}): SigningBackend => {
  if (keyEncryptionKey.length !== keyEncryptionKeyLength)
    throw new RangeError(`a key-encryption key has ${keyEncryptionKeyLength} bytes`);
  const wrappingKey = createSecretKey(keyEncryptionKey);
  const signInTurn = createTurnBatch(
    ({ sign: signNow, key, signingInput }: SignatureOrder) => signNow(Buffer.from(signingInput), key),
    setImmediate,
  );

  return {
    generate: async (purpose, algorithm) => {
      const { publicKey, privateKey } = await variants[algorithm].generate();
      const jwk = exportPublicJwk(publicKey);
      const kid = computeKid(jwk);
      const der = privateKey.export({ type: 'pkcs8', format: 'der' });
      try {
        const sealedPrivateKey = seal(wrappingKey, { kid, purpose, algorithm }, der);
        return { publicJwk: { ...jwk, kid }, sealedPrivateKey };
      } finally {
        der.fill(0);
      }
    },

    open: async ({ kid, purpose, algorithm, sealedPrivateKey }) => {
      const key = openPrivateKey(wrappingKey, { kid, purpose, algorithm }, sealedPrivateKey);
      const { sign: signNow } = variants[algorithm];
      return { kid, algorithm, sign: (signingInput) => signInTurn({ sign: signNow, key, signingInput }) };
    },

    // Nothing rests here: with its row, a key is gone.
    destroy: async () => undefined,
  };
};

/**
 * Encrypts keys that were sealed under `from` anew under `to`, both {@link keyEncryptionKeyLength} bytes. Each key is opened
 * and held to its kid before, so that nothing is kept that could not be used.
 */
export const createKeyRewrapping = (from: Uint8Array, to: Uint8Array): RewrapKey => {
  const oldKey = createSecretKey(from);
  const newKey = createSecretKey(to);
  return ({ kid, purpose, algorithm, sealedPrivateKey }) => {
    if (sealedPrivateKey.startsWith(pkcs11Prefix)) return null;
    const label = { kid, purpose, algorithm };
    if (opens(newKey, label, sealedPrivateKey)) return null;
    const key = openPrivateKey(oldKey, label, sealedPrivateKey);
    const der = key.export({ type: 'pkcs8', format: 'der' });
    try {
      return seal(newKey, label, der);
    } finally {
      der.fill(0);
    }
  };
};

const opens = (wrappingKey: KeyObject, label: SealLabel, sealedPrivateKey: string): boolean => {
  try {
    openPrivateKey(wrappingKey, label, sealedPrivateKey);
    return true;
  } catch {
    return false;
  }
};

/** What went wrong in detail stays here: it could speak of the material. */
const openPrivateKey = (wrappingKey: KeyObject, label: SealLabel, sealedPrivateKey: string): KeyObject => {
  try {
    const der = unseal(wrappingKey, label, sealedPrivateKey);
    try {
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      if (computeKid(exportPublicJwk(createPublicKey(key))) === label.kid) return key;
    } finally {
      der.fill(0);
    }
  } catch {
    // Falls through to the one sentence below.
  }
  throw new CannotOpenSigningKey(
    `signing key ${label.kid} (${label.purpose}) cannot be opened: it was sealed with another key-encryption key, or changed since`,
  );
};
