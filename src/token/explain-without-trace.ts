import { grant } from '../core/activity/check.ts';
import type { JsonObject } from '../core/json.ts';
import type { KeyRing } from '../keys/key-ring-view.ts';
import { createJwtSigner } from '../keys/sign-jwt.ts';
import type { ReplayGuard } from '../ports/replay-guard.ts';
import type { TokenDecision } from './handle-token-request.ts';
import { refuseSpent, unused } from './single-uses.ts';

/** A replay guard that looks and uses nothing up; within one request it remembers as the real one would. */
export const createLookingGuard = (guard: Pick<ReplayGuard, 'isUsed'>): Pick<ReplayGuard, 'consume'> => {
  const seen = new Set<string>();
  return {
    consume: async (tenant, party, jti) => {
      const use = JSON.stringify([tenant, party, jti]);
      if (seen.has(use)) return false;
      seen.add(use);
      return !(await guard.isUsed(tenant, party, jti));
    },
  };
};

/** A replay guard for another time than now: what is used by now says nothing about then. */
export const createForgetfulGuard = (): Pick<ReplayGuard, 'consume'> =>
  createLookingGuard({ isUsed: async () => false });

/** The decision as it would be kept: refused where one of its uses is spent. */
export const lookAtUses = async (
  guard: Pick<ReplayGuard, 'consume'>,
  tenant: string,
  decision: TokenDecision,
): Promise<TokenDecision> => {
  const { outcome, evidence } = decision;
  if (!outcome.ok) return decision;
  for (const [place, { party, jti, until }] of outcome.uses.entries())
    if (!(await guard.consume(tenant, party, jti, until)))
      return { ...decision, outcome: refuseSpent(evidence, outcome.uses, place) };
  evidence.told(grant(undefined, outcome.uses.map(unused)));
  return decision;
};

/** What would have been signed. */
export interface Unsigned {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/** A key ring that finds the key as the real one does, and signs nothing with it. */
export const createUnsigningKeyRing = (
  keyRing: Pick<KeyRing, 'signer'>,
): { readonly keyRing: Pick<KeyRing, 'signer'>; readonly unsigned: () => Unsigned | null } => {
  let unsigned: Unsigned | null = null;
  return {
    keyRing: {
      signer: async (tenant, purpose, algorithm) => {
        const { kid } = await keyRing.signer(tenant, purpose, algorithm);
        return createJwtSigner({
          kid,
          algorithm,
          sign: async (signingInput) => {
            const [header = '', claims = ''] = signingInput.split('.');
            unsigned = { header: decode(header), claims: decode(claims) };
            return new Uint8Array();
          },
        });
      },
    },
    unsigned: () => unsigned,
  };
};

const decode = (segment: string): JsonObject =>
  JSON.parse(Buffer.from(segment, 'base64url').toString()) as JsonObject;
