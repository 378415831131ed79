// @azure/identity 4 (MSAL) as it is, over https, against the real process behind a proxy that ends TLS.
import { ClientAssertionCredential, ClientCertificateCredential } from '@azure/identity';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BureauProcess,
  type Credentials,
  signAssertion,
  startBureau,
} from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import {
  type AdminCall,
  changeSettings,
  createAccountWithKey,
  createFederatedAccount,
  createKeyedAccount,
  createTenant,
  holdings,
} from '../support/registered-accounts.ts';
import { registered } from '../support/test-bureau.ts';
import { addressOfFrontClient, startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { createTestAuthority } from '../support/tls.ts';

const authority = createTestAuthority();
/** What Azure calls a scope: a resource with `/.default`. No account here holds it. */
const azureScope = 'https://api.example.com/.default';

let issuer: FakeIssuer;
let front: TlsFront;
let bureau: BureauProcess;
const admins = new Map<string, AdminCall>();
beforeAll(async () => {
  issuer = await createFakeIssuer();
  front = await startTlsFront(authority.issue({ hosts: ['localhost'] }));
  bureau = await startBureau({
    environment: {
      BUREAU_ISSUER: front.url,
      BUREAU_TRUST_PROXY: '127.0.0.1',
      BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
    },
  });
  front.handTo(bureau.url);
  admins.set('default', bureau.admin);
  admins.set('acme', await createTenant(bureau, 'acme'));
});
afterAll(async () => {
  await front?.close();
  await bureau?.stop();
  await issuer?.close();
});

const adminOfTenant = (tenant: string): AdminCall => {
  const admin = admins.get(tenant);
  if (admin === undefined) throw new Error(`no administrator of ${tenant}`);
  return admin;
};

/** As a user writes them who points the library at Bureau; TLS is checked, against our own CA. */
const options = (more: { readonly additionallyAllowedTenants?: string[] } = {}) => ({
  authorityHost: front.url,
  disableInstanceDiscovery: true,
  tlsOptions: { ca: authority.certificate },
  retryOptions: { maxRetries: 0 },
  ...more,
});

const issuerOf = (tenant: string): string => (tenant === 'default' ? front.url : `${front.url}/t/${tenant}`);

/** Verified with the published keys, fetched past the proxy. */
const verified = async (token: string, tenant: string) => {
  const keys = `${bureau.url}${tenant === 'default' ? '' : `/t/${tenant}`}/.well-known/jwks.json`;
  const expected = { issuer: issuerOf(tenant), audience: holdings.audiences[0], typ: 'at+jwt' };
  return (await jwtVerify(token, createRemoteJWKSet(new URL(keys)), expected)).payload;
};

const thirdPartyToken = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims });

/** The newest activity of the tenant with this outcome. */
const newest = async (tenant: string, outcome: string) =>
  (await adminOfTenant(tenant)('GET', `/activities?outcome=${outcome}&limit=1`)).body.items[0];

describe.each(['default', 'acme'])('@azure/identity in tenant %s', (tenant) => {
  let accountId: string;
  let credentials: Credentials;
  beforeAll(async () => {
    accountId = await createFederatedAccount(adminOfTenant(tenant), issuer);
    credentials = await createKeyedAccount(adminOfTenant(tenant));
  });

  it('CC-02 MD-03 ClientAssertionCredential with the token of a platform', async () => {
    const seenBefore = front.seen.length;
    const credential = new ClientAssertionCredential(tenant, accountId, () => thirdPartyToken(), options());
    const before = Date.now();
    const { token, expiresOnTimestamp } = await credential.getToken(azureScope);
    expect(expiresOnTimestamp - before).toBeGreaterThan(890_000);
    expect(expiresOnTimestamp - before).toBeLessThan(905_000);
    expect(await verified(token, tenant)).toMatchObject({ sub: accountId, scope: '' });

    const [discovery, request, ...others] = front.seen.slice(seenBefore);
    expect(discovery?.line).toBe(`GET /${tenant}/v2.0/.well-known/openid-configuration`);
    // MSAL adds a query string, which says nothing here.
    expect(request?.line).toMatch(new RegExp(`^POST /v1/oauth2/v2\\.0/${tenant}/token\\?client-request-id=`));
    expect(others).toEqual([]);
  });

  it('CC-01 CA-06 ClientAssertionCredential with an assertion of its own key', async () => {
    const { serviceAccountId } = credentials;
    const credential = new ClientAssertionCredential(
      tenant,
      serviceAccountId,
      () => signAssertion(credentials),
      options(),
    );
    const { token } = await credential.getToken('certificates:read');
    expect(await verified(token, tenant)).toMatchObject({
      sub: serviceAccountId,
      scope: 'certificates:read',
    });
  });

  it('TR-13 the activity names the client, not the proxy', async () => {
    const credential = new ClientAssertionCredential(tenant, accountId, () => thirdPartyToken(), options());
    await credential.getToken(azureScope);
    expect(await newest(tenant, 'issued')).toMatchObject({
      account: { id: accountId },
      sourceAddress: addressOfFrontClient,
    });
  });

  it.each([
    ['a platform', () => thirdPartyToken({ aud: 'https://elsewhere.example' }), 'audience_mismatch'],
    [
      'its own key',
      () => signAssertion(credentials, { aud: 'https://elsewhere.example' }),
      'audience_mismatch',
    ],
  ])(
    'RS-07 a refused assertion of %s: error and description reach the caller',
    async (name, assertion, reason) => {
      const clientId = name === 'a platform' ? accountId : credentials.serviceAccountId;
      const credential = new ClientAssertionCredential(tenant, clientId, assertion, options());
      await expect(credential.getToken(azureScope)).rejects.toThrow(
        /invalid_client.*The client could not be authenticated\. An administrator can look up the receipt\./s,
      );
      expect(await newest(tenant, 'refused')).toMatchObject({ reason, account: { id: clientId } });
    },
  );

  it('a certificate nobody here vouches for is refused: TLS is checked', async () => {
    const { tlsOptions: _ours, ...withoutAuthority } = options();
    const credential = new ClientAssertionCredential(
      tenant,
      accountId,
      () => thirdPartyToken(),
      withoutAuthority,
    );
    await expect(credential.getToken(azureScope)).rejects.toThrow(/certificate|endpoints_resolution_error/i);
  });

  it('MD-02 a tenant that does not exist cannot be discovered', async () => {
    const credential = new ClientAssertionCredential('nobody', accountId, () => thirdPartyToken(), options());
    await expect(credential.getToken(azureScope)).rejects.toThrow(/openid_config_error|endpoints_resolution/);
  });
});

describe('@azure/identity, one credential for two tenants', () => {
  it('MD-03 it asks each tenant at its own token endpoint', async () => {
    const subject = 'repo:acme/both:environment:production';
    const { issuer: url, jwksUri } = issuer;
    const federations = [{ issuer: url, jwksUri, subject, audience: registered.audience }];
    const accountId = await createFederatedAccount(bureau.admin, issuer, { name: 'both', federations });
    const credential = new ClientAssertionCredential(
      'default',
      accountId,
      () => thirdPartyToken({ sub: subject }),
      options({ additionallyAllowedTenants: ['acme'] }),
    );
    const seenBefore = front.seen.length;
    expect(await verified((await credential.getToken(azureScope)).token, 'default')).toMatchObject({
      sub: accountId,
    });
    // The account is of tenant `default`; the other one has to be asked to say so.
    await expect(credential.getToken(azureScope, { tenantId: 'acme' })).rejects.toThrow(/invalid_client/);
    const posts = front.seen
      .slice(seenBefore)
      .map(({ line }) => line)
      .filter((line) => line.startsWith('POST'));
    expect(posts.map((line) => line.replace(/\?.*/, ''))).toEqual([
      'POST /v1/oauth2/v2.0/default/token',
      'POST /v1/oauth2/v2.0/acme/token',
    ]);
  });
});

describe.each(['default', 'acme'])('ClientCertificateCredential in tenant %s', (tenant) => {
  const certificate = authority.issue({ hosts: ['workload.example'], key: 'RSA-2048' });
  const pem = `${certificate.key}${certificate.cert}`;
  let clientId: string;
  beforeAll(async () => {
    // MSAL signs with PS256 whenever the authority is none of Microsoft's, and names the certificate in x5t#S256.
    clientId = await createAccountWithKey(adminOfTenant(tenant), 'certificate', certificate.cert, 'PS256');
  });
  const credentialWith = (more: { readonly sendCertificateChain?: boolean } = {}) =>
    new ClientCertificateCredential(tenant, clientId, { certificate: pem }, { ...options(), ...more });
  const tokenUrl = (): string => `${front.url}/v1/oauth2/v2.0/${tenant}/token`;

  it('CA-07 CA-08 its audience is the token endpoint: refused, and the receipt says what to do', async () => {
    await expect(credentialWith().getToken(azureScope)).rejects.toThrow(
      /invalid_client.*The client could not/s,
    );
    const activity = await newest(tenant, 'refused');
    expect(activity).toMatchObject({ reason: 'audience_mismatch', account: { id: clientId } });
    const failures = activity.checks.filter(({ ok }: { ok: boolean }) => !ok);
    expect(failures).toEqual([
      expect.objectContaining({
        check: 'claims.aud',
        presented: expect.stringContaining(tokenUrl()),
        hint: expect.stringContaining('assertionAudiences'),
      }),
    ]);
  });

  it('CA-10 CA-18 CA-19 once the tenant lists it, PS256 without kid works, and x5t#S256 is ignored', async () => {
    await changeSettings(adminOfTenant(tenant), { assertionAudiences: [tokenUrl()] });
    const credential = credentialWith();
    const { token } = await credential.getToken('certificates:read');
    expect(await verified(token, tenant)).toMatchObject({ sub: clientId, scope: 'certificates:read' });
    const sent = (await front.seen.at(-1)?.form)?.get('client_assertion') ?? '';
    expect(JSON.parse(Buffer.from(sent.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('CA-14 it keeps one assertion for ten minutes: another scope needs a credential of its own', async () => {
    await changeSettings(adminOfTenant(tenant), { assertionAudiences: [tokenUrl()] });
    const credential = credentialWith();
    await credential.getToken('certificates:read');
    await expect(credential.getToken('certificates:issue')).rejects.toThrow(/invalid_client/);
    const activity = await newest(tenant, 'refused');
    expect(activity).toMatchObject({ reason: 'replayed', account: { id: clientId } });
    expect(activity.checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([
      expect.objectContaining({ check: 'jti.unused', hint: expect.stringContaining('for each request') }),
    ]);
    const { token } = await credentialWith().getToken('certificates:issue');
    expect(await verified(token, tenant)).toMatchObject({ scope: 'certificates:issue' });
  });

  it('CA-19 a certificate in the header is refused, and the receipt says so', async () => {
    await changeSettings(adminOfTenant(tenant), { assertionAudiences: [tokenUrl()] });
    const credential = credentialWith({ sendCertificateChain: true });
    await expect(credential.getToken(azureScope)).rejects.toThrow(/invalid_client/);
    const activity = await newest(tenant, 'refused');
    expect(activity).toMatchObject({ reason: 'token_header_forbidden' });
    const failures = activity.checks.filter(({ ok }: { ok: boolean }) => !ok);
    expect(failures).toEqual([
      expect.objectContaining({
        check: 'header.members',
        presented: 'x5c',
        hint: expect.stringContaining('or the account'),
      }),
    ]);
  });
});
