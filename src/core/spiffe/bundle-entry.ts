import { type JsonObject, member } from '../json.ts';
import { isKid, kidRule } from '../jwt/kid.ts';
import { fail, ok, type Result } from '../result.ts';

/** `use` of the entries JWT-SVIDs are verified with; case-sensitive (SPIFFE Bundle §4.2.2, SV-18). */
export const jwtSvidUse = 'jwt-svid';

/**
 * The JWK in an entry of a bundle for JWT-SVIDs, without the `use` that says so: no library of JOSE knows it. The error is
 * the rest of a sentence that begins with the entry (SV-07, SV-18; JWT-SVID §6.1 wants a `kid`).
 */
export const readBundleEntry = (entry: JsonObject): Result<JsonObject, string> => {
  if (member(entry, 'use') !== jwtSvidUse) return fail('is not for JWT-SVIDs (use)');
  const kty = member(entry, 'kty');
  if (kty !== 'RSA' && kty !== 'EC') return fail('is of a kind no JWT-SVID is signed with (kty)');
  if (!isKid(member(entry, 'kid'))) return fail(`has no kid that is ${kidRule}`);
  const { use: _use, ...jwk } = entry;
  return ok(jwk);
};

const refreshSeconds = { least: 60, most: 3600, byDefault: 300 } as const;

/** How often a bundle is looked at, by its own `spiffe_refresh_hint`, within bounds of ours (SPIFFE Federation §4.1, SV-24). */
export const readRefreshSeconds = (bundle: JsonObject): number => {
  const hint = member(bundle, 'spiffe_refresh_hint');
  return typeof hint === 'number' && Number.isInteger(hint) && hint >= 0
    ? Math.min(refreshSeconds.most, Math.max(refreshSeconds.least, hint))
    : refreshSeconds.byDefault;
};

/** The sequence of a bundle; `null` where it has none that can be compared (SPIFFE Bundle §4.1.1). */
export const readSequence = (bundle: JsonObject): number | null => {
  const sequence = member(bundle, 'spiffe_sequence');
  return typeof sequence === 'number' && Number.isSafeInteger(sequence) ? sequence : null;
};
