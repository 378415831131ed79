import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import type { SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import type { PublicJwk } from '../../src/core/jwt/jwk.ts';
import type { Credentials } from './bureau-process.ts';
import { createFakeIssuerKey } from './fake-issuer.ts';
import { encodeSegment, signJws } from './jws.ts';
import type { TestBureau } from './test-bureau.ts';

/** A private key and the account it speaks for. */
export interface OwnKey {
  readonly accountId: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: KeyObject;
  /** The issuer its assertions are for. */
  readonly audience: string;
}

/** The key of a credentials file. */
export const ownKeyOf = (credentials: Credentials): OwnKey => ({
  accountId: credentials.serviceAccountId,
  kid: credentials.keyId,
  algorithm: credentials.algorithm as SignatureAlgorithm,
  privateKey: createPrivateKey(credentials.privateKey),
  audience: credentials.issuer,
});

/** Members to change; `undefined` leaves one out. */
export type Members = Readonly<Record<string, unknown>>;

/** An own-key assertion that is good but for what is changed; truly signed with `key`, whatever its header says. */
export const makeAssertion = (key: OwnKey, claims: Members = {}, header: Members = {}): string => {
  const now = Math.floor(Date.now() / 1000);
  const fullHeader = { alg: key.algorithm, kid: key.kid, typ: 'JWT', ...header };
  const fullClaims = {
    iss: key.accountId,
    sub: key.accountId,
    aud: key.audience,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
    ...claims,
  };
  const signingInput = `${encodeSegment(fullHeader)}.${encodeSegment(fullClaims)}`;
  return `${signingInput}.${signJws(key.algorithm, signingInput, key.privateKey).toString('base64url')}`;
};

/** Gives an account the public half of a new key pair over the admin API; `members` go into the body. */
export const registerKey = async (
  bureau: Pick<TestBureau, 'admin' | 'baseIssuer'>,
  accountId: string,
  algorithm: SignatureAlgorithm,
  members: Members = {},
): Promise<OwnKey & { readonly path: string }> => {
  const { privateKey, publicKey } = await createFakeIssuerKey(algorithm);
  const answer = await bureau.admin('POST', `/service-accounts/${accountId}/keys`, {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    algorithm,
    ...members,
  });
  if (answer.status !== 201) throw new Error(`no key: ${JSON.stringify(answer.body)}`);
  const { id, kid, algorithm: pinned } = answer.body;
  const path = `/service-accounts/${accountId}/keys/${id}`;
  return { accountId, kid, algorithm: pinned, privateKey, audience: bureau.baseIssuer, path };
};

/**
 * Gives an account a key behind the server's back, in any state, and makes the server look again.
 *
 * @param changes members of the stored key to replace, such as `status` or `expiresAt`
 */
export const addAccountKey = async (
  bureau: TestBureau,
  accountId: string,
  algorithm: SignatureAlgorithm,
  changes: Partial<AccountKey> = {},
): Promise<OwnKey> => {
  const { privateKey, jwk, kid } = await createFakeIssuerKey(algorithm);
  const storage = await openStorage({ url: `sqlite:${join(bureau.dataDir, 'bureau.db')}` });
  await storage.accountKeys.insert({
    tenant: 'default',
    id: randomUUID(),
    accountId,
    kid,
    thumbprint: kid,
    algorithm,
    publicJwk: jwk as unknown as PublicJwk,
    status: 'enabled',
    expiresAt: null,
    createdAt: Date.now(),
    lastUsedAt: null,
    version: 1,
    ...changes,
  });
  await storage.close();
  // Any change of the tenant makes this node read everything again at once.
  await bureau.admin('PATCH', '/settings', { strictScopes: false }, { 'if-match': '*' });
  return { accountId, kid: changes.kid ?? kid, algorithm, privateKey, audience: bureau.baseIssuer };
};
