import type { JsonValue } from '../../core/json.ts';
import type { PublicJwkSet } from '../../core/jwt/jwk.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import { listKids } from './describe-unknown-key.ts';
import { describeKeySet, describeUselessness, type IssuerKeySet } from './issuer-key-set.ts';
import { buildKeySet, type EntryRules } from './key-set.ts';
import { selectKey } from './select-key.ts';

/** A key set that an administrator registered; nothing is ever fetched for it and it is never stale (JF-19). */
export const createPinnedKeySet = (
  jwks: PublicJwkSet,
  importKey: SignatureVerifier['importKey'],
  rules?: EntryRules,
): IssuerKeySet => {
  const set = buildKeySet(jwks.keys as unknown as readonly JsonValue[], importKey, rules);
  return {
    find: async (choice) => {
      const lookup = selectKey(set, choice);
      if (lookup.found !== 'unknown' || set.exposesPrivateKeys) return lookup;
      const more = `The pinned set has ${listKids(set.keys)}, and is never fetched: when the issuer changes its keys, give the trusted issuer the new set (jwks).`;
      return { ...lookup, detail: `${lookup.detail} ${more}` };
    },
    refresh: async () => undefined,
    health: () => ({
      source: 'pinned',
      jwksUri: null,
      ...describeKeySet(set),
      fetchedAt: null,
      freshUntil: null,
      usableUntil: null,
      lastAttemptAt: null,
      clockOffsetSeconds: null,
      lastError: describeUselessness(set, 'The pinned set'),
    }),
    fetches: () => null,
    close: () => undefined,
  };
};
