// google-auth-library 11 as it is, with an external_account whose token stands in a file (RFC 8693).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IdentityPoolClient } from 'google-auth-library';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { changeSettings, createFederatedAccount, holdings } from '../support/registered-accounts.ts';
import { registered, urn } from '../support/test-bureau.ts';

const [audience] = holdings.audiences;

let issuer: FakeIssuer;
let bureau: BureauProcess;
let folder: string;
let accountId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'external-account-'));
  issuer = await createFakeIssuer();
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` } });
  accountId = await createFederatedAccount(bureau.admin, issuer);
});
afterAll(async () => {
  await bureau?.stop();
  await issuer?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => writeToken());

const file = (): string => join(folder, 'token.jwt');

const writeToken = async (claims: Readonly<Record<string, unknown>> = {}): Promise<void> =>
  writeFile(file(), await issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }));

/** What `fromJSON` makes of the configuration file a user of the library writes, without its word of warning. */
const clientFor = (
  changes: { readonly audience?: string } = {},
  options: { readonly scopes?: readonly string[]; readonly eagerRefreshThresholdMillis?: number } = {},
): IdentityPoolClient => {
  const { scopes, ...others } = options;
  const client = new IdentityPoolClient({
    type: 'external_account',
    audience,
    subject_token_type: urn.jwt,
    token_url: `${bureau.url}/token`,
    credential_source: { file: file() },
    ...others,
    ...changes,
  });
  if (scopes !== undefined) client.scopes = [...scopes];
  return client;
};

const verified = async (token: string | null | undefined) =>
  (
    await jwtVerify(String(token), createRemoteJWKSet(new URL(`${bureau.issuer}/.well-known/jwks.json`)), {
      issuer: bureau.issuer,
      audience,
      typ: 'at+jwt',
    })
  ).payload;

describe('google-auth-library with an external account', () => {
  it('TX-11 RS-04 gets a token; the scope of Google it asks for by default is dropped', async () => {
    const { token, res } = await clientFor().getAccessToken();
    expect(res?.data).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      scope: '',
      issued_token_type: urn.accessToken,
    });
    expect(await verified(token)).toMatchObject({ sub: accountId, scope: '' });
  });

  it('TX-14 a scope the account holds is granted', async () => {
    const { token } = await clientFor({}, { scopes: ['certificates:read'] }).getAccessToken();
    expect(await verified(token)).toMatchObject({ scope: 'certificates:read' });
  });

  it('RS-07 a tenant with strictScopes refuses the scope of Google, and the library says so', async () => {
    await changeSettings(bureau.admin, { strictScopes: true });
    try {
      await expect(clientFor().getAccessToken()).rejects.toThrow(/^Error code invalid_scope: The scope /);
      const { token } = await clientFor({}, { scopes: ['certificates:read'] }).getAccessToken();
      expect(await verified(token)).toMatchObject({ scope: 'certificates:read' });
    } finally {
      await changeSettings(bureau.admin, { strictScopes: false });
    }
  });

  it('RS-03 reads expires_in: keeps the token, and gets another one when it is nearly over', async () => {
    const before = Date.now();
    const keeping = clientFor();
    const { token } = await keeping.getAccessToken();
    const expiry = keeping.credentials.expiry_date ?? 0;
    expect(expiry).toBeGreaterThanOrEqual(before + 900_000);
    expect(expiry).toBeLessThanOrEqual(Date.now() + 900_000);
    expect((await keeping.getAccessToken()).token).toBe(token);

    // With 900 s left and a threshold of 1000 s, every token is nearly over.
    const renewing = clientFor({}, { eagerRefreshThresholdMillis: 1_000_000 });
    const first = await renewing.getAccessToken();
    await writeToken();
    const second = await renewing.getAccessToken();
    expect((await verified(first.token)).jti).not.toBe((await verified(second.token)).jti);
  });

  it('signs requests with the token', async () => {
    const headers = await clientFor().getRequestHeaders();
    expect(headers.get('authorization')).toMatch(/^Bearer ey/);
  });

  it.each([
    ['a token for somebody else', { aud: 'https://elsewhere.example' }, 'audience_mismatch'],
    ['a token that is over', { iat: 1_790_000_000, exp: 1_790_000_300 }, 'expired'],
    ['a subject nobody registered', { sub: 'repo:acme/other:ref:refs/heads/main' }, 'subject_not_registered'],
  ])('RS-07 %s: the library shows our error, the receipt shows why', async (_name, claims, reason) => {
    await writeToken(claims);
    const error = await clientFor()
      .getAccessToken()
      .then(
        () => 'no refusal',
        (refusal: unknown) => refusal,
      );
    expect(error).toMatchObject({
      message: expect.stringMatching(/^Error code invalid_request: The request /),
      status: 400,
    });
    const { receipt } = (error as { response: { data: { receipt: string } } }).response.data;
    expect((await bureau.admin('GET', `/activities/${receipt}`)).body).toMatchObject({
      outcome: 'refused',
      reason,
    });
  });

  it('TX-06 TX-09 the audience in its configuration has to be one of the account', async () => {
    const pool = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q';
    await expect(clientFor({ audience: pool }).getAccessToken()).rejects.toThrow(
      /^Error code invalid_target: The audience /,
    );
    expect((await clientFor().getAccessToken()).token).toMatch(/^ey/);
  });
});
