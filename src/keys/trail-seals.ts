import { parseSeal, type SealType } from '../core/activity/seal.ts';
import type { JsonObject } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { SignatureVerifier } from '../ports/signature-verifier.ts';
import type { KeyRing } from './key-ring-view.ts';
import { signJwt } from './sign-jwt.ts';

/** Signs what is said about a trail, and finds out whether it was us. */
export interface TrailSeals {
  /**
   * A compact JWS over `claims`, with the public key as their member `key`.
   *
   * @throws {NoActiveSigningKey} and what keeps the keys from being read
   */
  seal(tenant: string, type: SealType, claims: object): Promise<string>;
  /** The claims of a seal of this tenant by a key that is published; the error is a piece of a sentence. */
  verify(tenant: string, type: SealType, text: string): Promise<Result<JsonObject, string>>;
  /** Whether it was made with the key that signs now. */
  isCurrent(tenant: string, type: SealType, text: string): Promise<boolean>;
}

/** The algorithm of seals, whatever a tenant signs its access tokens with: there is always a key for it. */
const algorithm = 'ES256';

/** More tenants than that are verified anew each time. */
const maxRemembered = 10_000;

/**
 * Seals by the keys that sign access tokens. A seal that was good once stays good in this process after its key is gone from
 * the published ones, so that it can be made anew with the next key.
 */
export const createTrailSeals = ({
  keyRing,
  verifier,
}: {
  readonly keyRing: Pick<KeyRing, 'signer' | 'verificationKeys'>;
  readonly verifier: SignatureVerifier;
}): TrailSeals => {
  const good = new Map<string, string>();

  const isSigned = async (
    tenant: string,
    seal: Extract<ReturnType<typeof parseSeal>, { ok: true }>['value'],
  ): Promise<boolean> => {
    const published = (await keyRing.verificationKeys(tenant)).find(({ kid }) => kid === seal.kid);
    if (published === undefined) return false;
    const key = verifier.importKey({ ...published });
    return key.ok && (await verifier.verify(seal.alg, key.value, seal.signingInput, seal.signature));
  };

  return {
    seal: async (tenant, type, claims) => {
      const signer = await keyRing.signer(tenant, 'access-token', algorithm);
      const key = (await keyRing.verificationKeys(tenant)).find(({ kid }) => kid === signer.kid);
      return signJwt(signer, { typ: type }, { ...claims, key: key ?? null });
    },
    verify: async (tenant, type, text) => {
      const parsed = parseSeal(text, type);
      if (!parsed.ok) return parsed;
      const remembered = `${tenant} ${type}`;
      if (good.get(remembered) !== text) {
        if (!(await isSigned(tenant, parsed.value)))
          return fail('it is not signed by a key that this tenant publishes');
        if (good.size >= maxRemembered) good.clear();
        good.set(remembered, text);
      }
      return ok(parsed.value.claims);
    },
    isCurrent: async (tenant, type, text) => {
      const parsed = parseSeal(text, type);
      return parsed.ok && parsed.value.kid === (await keyRing.signer(tenant, 'access-token', algorithm)).kid;
    },
  };
};
