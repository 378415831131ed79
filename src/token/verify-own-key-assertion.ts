import { type AccountKey, isUsableKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { Blocks } from '../core/blocks/blocks.ts';
import { checkNotBlocked } from '../core/blocks/check-blocks.ts';
import { keyFits, sameAlgorithm } from '../core/jwt/algorithms.ts';
import { assertionTypes, checkHeader } from '../core/jwt/check-header.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import type { AssertionClaims } from '../core/jwt/claims.ts';
import {
  accountIdOfAssertion,
  type AssertionRules,
  validateAssertionClaims,
} from '../core/jwt/validate-assertion-claims.ts';
import { type EpochMilliseconds, toEpochSeconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { SignatureVerifier } from '../ports/signature-verifier.ts';
import type { Evidence } from './evidence.ts';
import type { AccountEntry, TrustDirectory, UsableKey } from './trust-directory.ts';

/** What the verification of own-key assertions uses. */
export interface OwnKeyVerification {
  readonly directory: Pick<TrustDirectory, 'account' | 'blocks'>;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** An assertion signed by a key of the account it names. Its `jti` is not consumed yet. */
export interface VerifiedAssertion {
  readonly account: ServiceAccount;
  readonly key: AccountKey;
  readonly claims: AssertionClaims;
}

/** Own-key assertion rules (contract §3; RFC 7523 §3): the account, one of its keys, the signature, the claims. */
export const verifyOwnKeyAssertion = async (
  { directory, verifier, clock }: OwnKeyVerification,
  evidence: Evidence,
  rules: Omit<AssertionRules, 'now'>,
  jws: CompactJws,
): Promise<Verdict<VerifiedAssertion>> => {
  const now = clock.now();
  const id = accountIdOfAssertion(jws.claims, rules.tenant);
  const blocks = await directory.blocks(rules.tenant);
  const entry = evidence.told(
    checkAccount(id === null ? null : await directory.account(rules.tenant, id), id, blocks),
  );
  if (!entry.ok) return entry;

  const fitting = evidence.told(fittingKeys(entry.value.keys, jws, now));
  if (!fitting.ok) return fitting;

  const header = evidence.of(
    checkHeader(jws.header, { algorithms: fitting.value.map((key) => key.algorithm), types: assertionTypes }),
  );
  if (!header.ok) return header;

  const key = evidence.told(await findSigner(verifier, fitting.value, jws));
  if (!key.ok) return key;
  evidence.noteGoodSignature();

  const claims = evidence.of(validateAssertionClaims(jws.claims, { ...rules, now: toEpochSeconds(now) }));
  if (!claims.ok) return claims;
  return grant({ account: entry.value.account, key: key.value, claims: claims.value });
};

const checkAccount = (
  entry: AccountEntry | null,
  id: string | null,
  blocks: Blocks,
): Verdict<AccountEntry> => {
  const expected = 'iss = sub = the id of a service account of this tenant';
  if (entry === null)
    return refuse('account_unknown', [
      failed(
        'assertion.account',
        expected,
        id === null ? 'iss and sub are not one account id' : present(id),
        'A self-signed assertion names the account id in both iss and sub; a platform token names a registered issuer in iss.',
      ),
    ]);
  const { account } = entry;
  const seen = { known: true, account: { id: account.id, name: account.name } };
  if (account.status === 'disabled')
    return refuse(
      'account_disabled',
      [failed('account.status', 'enabled', 'disabled', 'An administrator disabled this account.')],
      seen,
    );
  const open = checkNotBlocked(blocks.account(account.id), seen);
  if (!open.ok) return open;
  return grant(entry, [passed('assertion.account', expected, present(account.id))], seen);
};

/** The enabled, unexpired keys that the header's `kid` and `alg` leave in question (CA-17, CA-18). */
const fittingKeys = (
  keys: readonly UsableKey[],
  { header }: CompactJws,
  now: EpochMilliseconds,
): Verdict<readonly UsableKey[]> => {
  const fitting = keys.filter(
    (key) =>
      isUsableKey(key, now) &&
      (header.kid === null || key.kid === header.kid) &&
      sameAlgorithm(key.algorithm, header.alg),
  );
  const expected = 'an enabled key of the account that fits kid and alg';
  const presented = `${header.kid === null ? 'no kid' : `kid ${present(header.kid)}`}, alg ${header.alg}`;
  if (fitting.length > 0) return grant(fitting, [passed('assertion.key', expected, presented)]);
  const owned = keys.map((key) => `${key.kid} (${key.algorithm}, ${stateOf(key, now)})`).join(', ') || 'none';
  return refuse('account_key_unusable', [
    failed(
      'assertion.key',
      expected,
      presented,
      `${adviceFor(keys, header)}The keys of the account: ${owned}.`,
    ),
  ]);
};

/** Clients choose the algorithm by the size of their key, and ours is chosen when the key is added: the two can miss. */
const adviceFor = (keys: readonly UsableKey[], header: CompactJws['header']): string =>
  keys.some(
    ({ kid, algorithm, verificationKey }) =>
      (header.kid === null || kid === header.kid) &&
      !sameAlgorithm(algorithm, header.alg) &&
      keyFits(verificationKey, header.alg),
  )
    ? `A key works with the one algorithm it was added for: sign with that, or add the key again with algorithm ${header.alg}. `
    : '';

const stateOf = (key: AccountKey, now: EpochMilliseconds): string =>
  key.status === 'enabled' && !isUsableKey(key, now) ? 'expired' : key.status;

const findSigner = async (
  verifier: Pick<SignatureVerifier, 'verify'>,
  keys: readonly UsableKey[],
  jws: CompactJws,
): Promise<Verdict<AccountKey>> => {
  const expected = `a good ${jws.header.alg} signature of a key of the account`;
  for (const key of keys) {
    if (await verifier.verify(jws.header.alg, key.verificationKey, jws.signingInput, jws.signature))
      return grant(key, [passed('signature', expected, `good, key ${key.kid}`)]);
  }
  return refuse('signature_invalid', [
    failed(
      'signature',
      expected,
      'bad',
      'The assertion was altered, or signed with a key this account does not have.',
    ),
  ]);
};
