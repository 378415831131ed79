import { createSignatureVerifier } from '../../src/adapters/signature/signature-verifier.ts';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { type PublishedKey, publishKey } from '../../src/core/signing-keys/published-keys.ts';
import { newSigningKey } from '../../src/keys/create-signing-keys.ts';
import { createJwtSigner, type JwtSigner } from '../../src/keys/sign-jwt.ts';
import { createTrailSeals, type TrailSeals } from '../../src/keys/trail-seals.ts';

/** Seals with keys of a test, which can change them. */
export interface TestSeals extends TrailSeals {
  /** What the tenant publishes. */
  readonly published: PublishedKey[];
  /** Another key signs from now on; the one before stays published unless `forget`. */
  rotate(options?: { readonly forget?: boolean }): Promise<void>;
  /** Seals that remember nothing, as those of another process. */
  fresh(): TrailSeals;
}

/** Makes seals; every tenant has the same keys. */
export const createTestSeals = async (): Promise<TestSeals> => {
  const backend = createLocalSigningBackend({ keyEncryptionKey: new Uint8Array(32).fill(9) });
  const published: PublishedKey[] = [];
  const signing: { by?: JwtSigner } = {};
  const slot = { purpose: 'access-token', algorithm: 'ES256' } as const;
  const rotate = async ({ forget = false } = {}): Promise<void> => {
    const key = newSigningKey('any', slot, await backend.generate(slot.purpose, slot.algorithm), 0);
    if (forget) published.length = 0;
    published.push(publishKey(key));
    signing.by = createJwtSigner(await backend.open(key));
  };
  await rotate();
  const keyRing = {
    signer: async () => {
      if (signing.by === undefined) throw new Error('no key');
      return signing.by;
    },
    verificationKeys: async () => published,
  };
  const fresh = (): TrailSeals => createTrailSeals({ keyRing, verifier: createSignatureVerifier() });
  return { ...fresh(), published, rotate, fresh };
};
