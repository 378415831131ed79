import { keyFits, type SignatureAlgorithm } from '../../core/jwt/algorithms.ts';
import type { KeyLookup } from '../../ports/issuer-keys.ts';
import { type KeySet, nameKey } from './key-set.ts';

/** The members of a token's header that choose its key. */
export interface KeyChoice {
  readonly alg: SignatureAlgorithm;
  readonly kid: string | null;
}

/**
 * The one key of `set` for a token with this header, or why there is none. Never more than one candidate: a signature is
 * not tried against several keys (A09, JF-17, JF-18).
 */
export const selectKey = (set: KeySet, choice: KeyChoice): Exclude<KeyLookup, { found: 'unavailable' }> => {
  const { alg, kid } = choice;
  if (set.exposesPrivateKeys)
    return { found: 'unknown', detail: 'The issuer publishes private keys, so none of its keys is used.' };
  const named = kid === null ? set.keys : set.keys.filter((key) => key.kid === kid);
  const rivals = (kid === null ? set.ambiguous : set.ambiguous.filter((key) => key.kid === kid)).filter(
    (key) => keyFits(key, alg),
  );
  const fitting = named.filter((key) => keyFits(key, alg));
  const [only] = fitting;
  if (fitting.length + rivals.length > 1) return { found: 'ambiguous', detail: describeAmbiguity(choice) };
  if (only !== undefined) return { found: 'key', key: only };
  if (kid === null) return { found: 'unknown', detail: `No key of the set fits ${alg}.` };
  if (named.length > 0)
    return { found: 'unfit', detail: `${nameKey(choice)} is in the set and does not fit ${alg}.` };
  const ignored = set.ignored.find((entry) => entry.kid === kid);
  if (ignored !== undefined)
    return { found: 'unfit', detail: `${nameKey(choice)} is in the set and ${ignored.reason}.` };
  return { found: 'unknown', detail: `${nameKey(choice)} is not in the set.` };
};

const describeAmbiguity = (choice: KeyChoice): string =>
  choice.kid === null
    ? `The token names no kid and more than one key of the set fits ${choice.alg}.`
    : `${nameKey(choice)} is in the set more than once with keys that fit ${choice.alg}.`;
