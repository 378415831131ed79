import { type PublicJwk, type PublicJwkSet, privateMemberOf } from '../core/jwt/jwk.ts';
import { type JsonObject, member } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { jwtSvidUse, readBundleEntry } from '../core/spiffe/bundle-entry.ts';
import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** Keys as an administrator sent them. */
export interface PinnedKeysInput {
  readonly keys: readonly JsonObject[];
}

type Dependencies = Pick<AdminDependencies, 'signatureVerifier'>;
type Parsed = Result<PublicJwkSet, readonly RegistrationProblem[]>;

/** What is kept of a public key. */
const publicMembers = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const;

/** What else a bundle holds, for others to use (SPIFFE Bundle §4.2.2; SV-18). */
const otherUses: readonly unknown[] = ['x509-svid', 'wit-svid'];

/**
 * Reads a pinned JWK Set (AD-08, AD-09, JF-19): every key must be good, because a person wrote it. Sentences never repeat
 * the key. Members that are not part of a public key are not kept.
 */
export const parsePinnedKeys = (deps: Dependencies, { keys }: PinnedKeysInput): Parsed =>
  keys.length === 0
    ? fail([problem('/jwks/keys', 'The set is empty. Pin at least one public key.')])
    : parseKeys(deps, keys, { isLeftOut: () => false, read: (key) => ok(key) });

/**
 * Reads a pinned SPIFFE bundle as {@link parsePinnedKeys} reads a set. Its entries for other kinds of SVIDs are left out,
 * so that a bundle can be pasted as it is.
 */
export const parsePinnedBundle = (deps: Dependencies, { keys }: PinnedKeysInput): Parsed => {
  const isLeftOut = (key: JsonObject): boolean =>
    otherUses.includes(member(key, 'use')) && privateMemberOf(key) === null;
  const parsed = parseKeys(deps, keys, { isLeftOut, read: readBundleEntry });
  return parsed.ok && parsed.value.keys.length === 0
    ? fail([
        problem('/jwks/keys', `No entry of the bundle has use ${jwtSvidUse}: no JWT-SVID could be verified.`),
      ])
    : parsed;
};

/** What of a document is a key, and how the key is read from its entry. */
interface EntryRules {
  readonly isLeftOut: (entry: JsonObject) => boolean;
  /** The error is the rest of a sentence that begins with the key. */
  readonly read: (entry: JsonObject) => Result<JsonObject, string>;
}

const parseKeys = (
  deps: Dependencies,
  entries: readonly JsonObject[],
  { isLeftOut, read }: EntryRules,
): Parsed => {
  const seen = new Set<string>();
  const kept: PublicJwk[] = [];
  const problems: RegistrationProblem[] = [];
  for (const [index, entry] of entries.entries()) {
    if (isLeftOut(entry)) continue;
    const refusal = refuseKey(deps, entry, read, seen);
    if (refusal === null) kept.push(publicPart(entry));
    else problems.push(problem(`/jwks/keys/${index}`, refusal));
  }
  return problems.length === 0 ? ok({ keys: kept }) : fail(problems);
};

const refuseKey = (
  deps: Dependencies,
  key: JsonObject,
  read: EntryRules['read'],
  seen: Set<string>,
): string | null => {
  if (privateMemberOf(key) !== null) {
    return 'This is a private or secret key. Replace it everywhere, it was sent over the network; then pin its public part only.';
  }
  const jwk = read(key);
  if (!jwk.ok) return `This key ${jwk.error}.`;
  const imported = deps.signatureVerifier.importKey(jwk.value);
  if (!imported.ok) return `This key cannot be used: ${imported.error.replace(/\.$/, '')}.`;
  const { kid } = imported.value;
  if (kid === null) return null;
  if (seen.has(kid)) return 'Another key of the set has the same kid. Give each key a kid of its own.';
  seen.add(kid);
  return null;
};

const publicPart = (jwk: JsonObject): PublicJwk => {
  const kept = publicMembers.filter((name) => typeof jwk[name] === 'string').map((name) => [name, jwk[name]]);
  return Object.fromEntries(kept) as PublicJwk;
};
