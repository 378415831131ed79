import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { createPkcs11SigningBackend } from '../../src/adapters/signing/pkcs11.ts';
import { accessTokenAlgorithms } from '../../src/core/jwt/algorithms.ts';
import type { KeyPurpose } from '../../src/core/signing-keys/signing-key.ts';
import { CannotOpenSigningKey, type Signer, type SigningBackend } from '../../src/ports/signing-backend.ts';
import { createFakePkcs11, type FakePkcs11 } from '../support/fake-pkcs11.ts';
import { createSoftHsmBackends } from '../support/soft-hsm.ts';

/** One backend under test: `open(secret)` gives a backend that shares its keys with every other of the same secret. */
interface Candidate {
  readonly name: string;
  readonly open: (secret: Uint8Array) => Promise<SigningBackend>;
}

const fakeTokens = new Map<string, FakePkcs11>();
const fakeTokenOf = (secret: string): FakePkcs11 => {
  const token = fakeTokens.get(secret) ?? createFakePkcs11();
  fakeTokens.set(secret, token);
  return token;
};
const throwFault = (error: unknown): never => {
  throw error;
};

const candidates: Candidate[] = [
  { name: 'local', open: async (secret) => createLocalSigningBackend({ keyEncryptionKey: secret }) },
  {
    name: 'PKCS#11, a token made of node:crypto',
    open: async (secret) =>
      createPkcs11SigningBackend(fakeTokenOf(Buffer.from(secret).toString('hex')), throwFault),
  },
];

const softHsm = await createSoftHsmBackends('the contract of the signing backend on SoftHSM2');
if (softHsm !== null) candidates.push({ name: 'PKCS#11, SoftHSM2', open: softHsm.open });
afterAll(() => softHsm?.close());

const encode = (text: string): string => Buffer.from(text).toString('base64url');

const signInput = async (signer: Signer, payload: string): Promise<string> => {
  const input = `${encode(JSON.stringify({ alg: signer.algorithm, kid: signer.kid }))}.${encode(payload)}`;
  return `${input}.${Buffer.from(await signer.sign(input)).toString('base64url')}`;
};

describe.each(candidates)('signing backend: $name', ({ open }) => {
  const secret = randomBytes(32);
  let backend: SigningBackend;
  beforeAll(async () => {
    backend = await open(secret);
  });
  const purpose: KeyPurpose = 'access-token';
  const make = async (algorithm: (typeof accessTokenAlgorithms)[number]) => {
    const { publicJwk, sealedPrivateKey } = await backend.generate(purpose, algorithm);
    return { kid: publicJwk.kid, purpose, algorithm, publicJwk, sealedPrivateKey };
  };

  describe.each(accessTokenAlgorithms)('%s', (algorithm) => {
    it('MD-10 MD-12 generates a key of the right kind, public members only, with its thumbprint as kid', async () => {
      const { publicJwk } = await backend.generate(purpose, algorithm);
      const { kid, ...members } = publicJwk;
      expect(kid).toBe(await calculateJwkThumbprint(members, 'sha256'));
      expect(Object.keys(members).sort()).toEqual(
        algorithm === 'ES256' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n'],
      );
      if (algorithm === 'ES256') expect(members).toMatchObject({ kty: 'EC', crv: 'P-256' });
      else expect(Buffer.from(members.n ?? '', 'base64url')).toHaveLength(256);
    });

    it('never makes the same key twice', async () => {
      const kids = await Promise.all(Array.from({ length: 3 }, async () => (await make(algorithm)).kid));
      expect(new Set(kids).size).toBe(3);
    });

    it('RFC 7518 §3.3 §3.4 signs what jose verifies, many in one turn, each its own', async () => {
      const key = await make(algorithm);
      const signer = await backend.open(key);
      expect(signer).toMatchObject({ kid: key.kid, algorithm });
      const payloads = Array.from({ length: 40 }, (_, index) => `payload ${index} ü`);
      const signed = await Promise.all(payloads.map((payload) => signInput(signer, payload)));
      const publicKey = await importJWK(key.publicJwk, algorithm);
      for (const [index, jws] of signed.entries()) {
        const verified = await compactVerify(jws, publicKey, { algorithms: [algorithm] });
        expect(Buffer.from(verified.payload).toString()).toBe(payloads[index]);
      }
    });

    it('RFC 7518 §3.4 gives a signature of the one length, also where an integer begins with zeros', async () => {
      const signer = await backend.open(await make(algorithm));
      const signatures = await Promise.all(
        Array.from({ length: 600 }, (_, index) => signer.sign(`input ${index}`)),
      );
      const lengths = new Set(signatures.map((signature) => signature.length));
      expect([...lengths]).toEqual([algorithm === 'ES256' ? 64 : 256]);
    });

    it('opens after a restart with the same secret', async () => {
      const key = await make(algorithm);
      const signer = await (await open(secret)).open(key);
      const publicKey = await importJWK(key.publicJwk, algorithm);
      await expect(compactVerify(await signInput(signer, 'x'), publicKey)).resolves.toBeDefined();
    });

    it('A119 gives nothing to somebody without the secret', async () => {
      const key = await make(algorithm);
      await expect(backend.open(key)).resolves.toBeDefined();
      await expect((await open(randomBytes(32))).open(key)).rejects.toBeInstanceOf(CannotOpenSigningKey);
    });

    it('A119 holds a key to its kid and its purpose (AT-17)', async () => {
      const key = await make(algorithm);
      const other = await make(algorithm);
      await expect(backend.open(key)).resolves.toBeDefined();
      const swapped = [
        { ...key, kid: other.kid },
        { ...key, purpose: 'jwt-svid' as const },
        { ...key, algorithm: algorithm === 'ES256' ? ('RS256' as const) : ('ES256' as const) },
        { ...key, sealedPrivateKey: other.sealedPrivateKey },
      ];
      for (const wrong of swapped)
        await expect(backend.open(wrong)).rejects.toBeInstanceOf(CannotOpenSigningKey);
    });

    it('A119 refuses a key that was changed anywhere, and says nothing of the material', async () => {
      const key = await make(algorithm);
      const text = key.sealedPrivateKey;
      const positions = Array.from({ length: 60 }, (_, index) => Math.floor((index * text.length) / 60));
      const changed = [
        ...positions.map((at) => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`),
        '',
        'x',
        '.',
        '..',
        'v1..',
        text.slice(0, -1),
        `${text}A`,
        `${text}=`,
        `${text}.`,
        ` ${text}`,
        `${text}\n`,
      ];
      for (const sealedPrivateKey of changed) {
        const error: unknown = await backend
          .open({ ...key, sealedPrivateKey })
          .catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(CannotOpenSigningKey);
        expect((error as Error).cause).toBeUndefined();
        expect((error as Error).message).toMatch(
          new RegExp(`^signing key ${key.kid} \\(access-token\\) cannot be opened`),
        );
      }
      await expect(backend.open(key)).resolves.toBeDefined();
    });
  });

  it.each(accessTokenAlgorithms)(
    'destroys a key of %s, and again, without touching another',
    async (algorithm) => {
      const key = await make(algorithm);
      const other = await make(algorithm);
      await backend.destroy(key);
      await backend.destroy(key);
      await backend.destroy({ sealedPrivateKey: 'pkcs11:' });
      await expect(backend.open(other)).resolves.toBeDefined();
    },
  );

  it('A62 a signer carries no private material that could be logged', async () => {
    const signer = await backend.open(await make('ES256'));
    expect(Object.keys(signer).sort()).toEqual(['algorithm', 'kid', 'sign']);
    expect(JSON.stringify(backend)).toBe('{}');
  });
});
