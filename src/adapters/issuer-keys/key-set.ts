import { escapeInvisible } from '../../core/activity/present.ts';
import { isSignatureAlgorithm, keyFits, sameAlgorithm } from '../../core/jwt/algorithms.ts';
import { privateMemberOf } from '../../core/jwt/jwk.ts';
import { isKid, kidRule } from '../../core/jwt/kid.ts';
import { type JsonObject, type JsonValue, member } from '../../core/json.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { parseDocument } from './parse-document.ts';
import type { SignatureVerifier, VerificationKey } from '../../ports/signature-verifier.ts';

/** The most entries a key set may have (JF-05). */
export const maxKeysPerSet = 100;

/** An entry that is not used, and why. */
export interface IgnoredKey {
  readonly kid: string | null;
  /** The rest of a sentence that begins with the key. */
  readonly reason: string;
}

/** What an issuer published, after every entry was looked at by itself. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** Good keys that cannot be told apart from another one of the same `kid`; never used, but counted (A09, JF-18). */
  readonly ambiguous: readonly VerificationKey[];
  readonly ignored: readonly IgnoredKey[];
  /** How many entries there were. */
  readonly entries: number;
  /** The set shows private keys to the world. Then none of its keys proves anything, and none is used (A10). */
  readonly exposesPrivateKeys: boolean;
}

/** How the entries of a set are read, where they are more than JWKs or fewer of them are allowed. */
export interface EntryRules {
  /** The JWK in an entry; the error is the rest of a sentence that begins with the entry. */
  readonly read: (entry: JsonObject) => Result<JsonObject, string>;
  /** Two entries of one `kid` are never told apart by what kind of key they are. */
  readonly kidIsUnique: boolean;
}

const jwkRules: EntryRules = { read: ok, kidIsUnique: false };

type ImportKey = SignatureVerifier['importKey'];

/** Reads a JWK Set (RFC 7517 §5). The error is the rest of a sentence that begins with the URL. */
export const parseKeySet = (text: string, importKey: ImportKey): Result<KeySet, string> => {
  const document = parseDocument(text);
  return document.ok ? readKeySet(document.value, importKey) : document;
};

/** Reads a document that holds keys; the error is as that of {@link parseKeySet}. */
export const readKeySet = (
  document: JsonObject,
  importKey: ImportKey,
  rules: EntryRules = jwkRules,
): Result<KeySet, string> => {
  const keys = member(document, 'keys');
  if (!Array.isArray(keys))
    return fail('answered with JSON that is no key set: an object with an array "keys" is one.');
  if (keys.length > maxKeysPerSet)
    return fail(`answered with ${keys.length} keys; a set may have ${maxKeysPerSet}.`);
  return ok(buildKeySet(keys as readonly JsonValue[], importKey, rules));
};

/** Looks at each entry by itself: one that is no good does not spoil the others (JF-02, A57). */
export const buildKeySet = (
  entries: readonly JsonValue[],
  importKey: ImportKey,
  rules: EntryRules = jwkRules,
): KeySet => {
  const good: VerificationKey[] = [];
  const ignored: IgnoredKey[] = [];
  for (const entry of entries) {
    const jwk = readEntry(entry, rules);
    if (!jwk.ok) {
      ignored.push({ kid: readKid(entry), reason: jwk.error });
      continue;
    }
    const imported = importKey(jwk.value);
    if (!imported.ok) ignored.push({ kid: readKid(entry), reason: `is not used: ${imported.error}` });
    else if (good.some((key) => isSameKey(key, imported.value)))
      ignored.push({ kid: imported.value.kid, reason: 'is listed a second time' });
    else good.push(imported.value);
  }
  const exposesPrivateKeys = entries.some(exposesPrivateKey);
  if (exposesPrivateKeys)
    return { keys: [], ambiguous: [], ignored, entries: entries.length, exposesPrivateKeys };
  const isAmbiguous = (key: VerificationKey): boolean =>
    good.some(
      (other) =>
        other !== key &&
        key.kid !== null &&
        other.kid === key.kid &&
        (rules.kidIsUnique || !areToldApart(key, other)),
    );
  const ambiguous = good.filter(isAmbiguous);
  for (const key of ambiguous)
    ignored.push({ kid: key.kid, reason: 'shares its kid with another key, so neither is used' });
  return {
    keys: good.filter((key) => !ambiguous.includes(key)),
    ambiguous,
    ignored,
    entries: entries.length,
    exposesPrivateKeys,
  };
};

/** A key as an administrator is told of it, safe to show. */
export const nameKey = ({ kid }: { readonly kid: string | null }): string =>
  kid === null ? 'A key without kid' : `The key ${quoteKid(kid)}`;

/** A `kid`, which a stranger or an issuer chose, for a sentence: cut, and with nothing invisible in it (A101). */
export const quoteKid = (kid: string): string =>
  escapeInvisible(JSON.stringify(kid.length > 64 ? `${kid.slice(0, 64)}…` : kid));

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const exposesPrivateKey = (entry: JsonValue): boolean =>
  isObject(entry) && member(entry, 'kty') !== 'oct' && privateMemberOf(entry) !== null;

const readEntry = (entry: JsonValue, rules: EntryRules): Result<JsonObject, string> => {
  if (!isObject(entry)) return fail('is not an object');
  const jwk = rules.read(entry);
  if (!jwk.ok) return jwk;
  const refusal = refuseEntry(jwk.value);
  return refusal === null ? jwk : fail(refusal);
};

/** Why an entry is not even looked at as a key (JF-02, JF-03, A10, A14), or `null`. */
const refuseEntry = (entry: JsonObject): string | null => {
  const kty = member(entry, 'kty');
  if (kty === 'oct') return 'is a symmetric key, which must never be published';
  if (exposesPrivateKey(entry)) return 'is published with its private half';
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return 'has a kty that is not known here';
  const kid = member(entry, 'kid');
  if (kid !== undefined && !isKid(kid)) return `has a kid that is not ${kidRule}`;
  const use = member(entry, 'use');
  if (use !== undefined && use !== 'sig') return 'is not for signatures (use)';
  const operations = member(entry, 'key_ops');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'is not for verification (key_ops)';
  return refuseAlgorithm(entry);
};

const refuseAlgorithm = (entry: JsonObject): string | null => {
  const algorithm = member(entry, 'alg');
  if (algorithm === undefined) return null;
  if (!isSignatureAlgorithm(algorithm)) return 'has an alg that is no signature algorithm known here';
  const kind = { kty: textOf(entry, 'kty') ?? '', crv: textOf(entry, 'crv'), alg: null };
  return keyFits(kind, algorithm) ? null : `has alg ${algorithm}, which such a key cannot do`;
};

const readKid = (entry: JsonValue): string | null => (isObject(entry) ? textOf(entry, 'kid') : null);

const textOf = (entry: JsonObject, name: string): string | null => {
  const value = member(entry, name);
  return typeof value === 'string' ? value : null;
};

const isSameKey = (one: VerificationKey, other: VerificationKey): boolean =>
  one.kid === other.kid && one.thumbprint === other.thumbprint && one.alg === other.alg;

/** Whether no algorithm fits both (JF-18). */
const areToldApart = (one: VerificationKey, other: VerificationKey): boolean => {
  if (one.kty !== other.kty || one.crv !== other.crv) return true;
  return one.alg !== null && other.alg !== null && !sameAlgorithm(one.alg, other.alg);
};
