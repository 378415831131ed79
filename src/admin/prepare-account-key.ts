import type { AccountKey } from '../core/accounts/account-key.ts';
import type { AccountKeyAlgorithm } from '../core/accounts/account-key-algorithm.ts';
import { type AccountKeyDraft, parseAccountKey, refuseExpiry } from '../core/accounts/parse-account-key.ts';
import type { SignatureAlgorithm } from '../core/jwt/algorithms.ts';
import { assessJwk } from '../core/jwt/assess-jwk.ts';
import type { JsonObject } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import { below, problem } from '../core/trust/registration-problem.ts';
import type { PublicKeyText } from '../ports/public-key-text.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, refuseInput, refuseRate } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** A key as it is asked for: a pair made here, or the public half of one made elsewhere. */
export type AccountKeyRequest =
  | { readonly generate: AccountKeyAlgorithm; readonly expiresAt: EpochMilliseconds | null }
  | {
      /** PEM, or a JWK. */
      readonly publicKey: string | JsonObject;
      readonly algorithm: SignatureAlgorithm | null;
      readonly kid: string | null;
      /** `undefined`: not said, so that a certificate's end of validity holds. */
      readonly expiresAt: EpochMilliseconds | null | undefined;
    };

/** A key that may be given to an account; the private half where the pair was made here. */
export interface PreparedAccountKey {
  readonly draft: AccountKeyDraft;
  readonly privateKeyPem: string | null;
}

/**
 * Everything about a new key that needs no transaction: the pair is made (A63), or what was sent is read and assessed as a
 * foreign key is (AD-08, AD-09). Paths of problems are below `at`, a JSON pointer.
 */
export const prepareAccountKey = async (
  deps: AdminDependencies,
  actor: Actor,
  request: AccountKeyRequest,
  at: string,
): Promise<Result<PreparedAccountKey, AdminProblem>> => {
  const now = deps.clock.now();
  if (!('generate' in request)) {
    const draft = readAccountKey(deps, request, now);
    return draft.ok ? ok({ draft: draft.value, privateKeyPem: null }) : refuseInput(below(at, draft.error));
  }
  const { generate, expiresAt } = request;
  const over = refuseExpiry(expiresAt, now);
  if (over.length > 0) return refuseInput(below(at, over));
  const waitSeconds = deps.keyGenerationLimit.take(actor.account.tenant);
  if (waitSeconds !== null) return refuseRate(waitSeconds);
  const { publicJwk, kid, privateKeyPem } = await deps.generateAccountKeyPair(generate);
  const draft = { publicJwk, kid, thumbprint: kid, algorithm: generate, expiresAt };
  return ok({ draft, privateKeyPem });
};

type UploadRequest = Exclude<AccountKeyRequest, { readonly generate: unknown }>;

const readAccountKey = (
  deps: Pick<AdminDependencies, 'signatureVerifier' | 'readPublicKeyText'>,
  { publicKey, algorithm, kid, expiresAt }: UploadRequest,
  now: EpochMilliseconds,
): ReturnType<typeof parseAccountKey> => {
  const read: Result<PublicKeyText, string> =
    typeof publicKey === 'string'
      ? deps.readPublicKeyText(publicKey)
      : ok({ jwk: publicKey, expiresAt: null });
  if (!read.ok) return refuseKey(read.error);
  const assessed = assessJwk(read.value.jwk);
  if (!assessed.ok) return refuseKey(`This key cannot be used: ${assessed.error}`);
  // The last word on an EC point, and the thumbprint, are the verifier's.
  const imported = deps.signatureVerifier.importKey(read.value.jwk);
  if (!imported.ok) return refuseKey(`This key cannot be used: ${imported.error}`);
  const { alg: _alg, kid: _kid, use: _use, ...publicJwk } = assessed.value.jwk;
  return parseAccountKey(
    { ...imported.value, publicJwk },
    { algorithm, kid, expiresAt: expiresAt === undefined ? read.value.expiresAt : expiresAt },
    now,
  );
};

const refuseKey = (sentence: string): ReturnType<typeof parseAccountKey> => ({
  ok: false,
  error: [problem('/publicKey', `${sentence.replace(/\.$/, '')}.`)],
});

/** The key of an account from its draft. */
export const newAccountKey = (
  deps: Pick<AdminDependencies, 'clock' | 'newId'>,
  owner: Pick<AccountKey, 'tenant' | 'accountId'>,
  draft: AccountKeyDraft,
): AccountKey => ({
  ...owner,
  ...draft,
  id: deps.newId(),
  status: 'enabled',
  createdAt: deps.clock.now(),
  lastUsedAt: null,
  version: 1,
});
